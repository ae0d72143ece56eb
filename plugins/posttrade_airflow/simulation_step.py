"""A simulated trading day as a task; its parameters are the fields of the run's form."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from posttrade_airflow.python_step import Step, find_home, read_kafka_config
from posttrade_airflow.run_parameters import read_run_parameters

if TYPE_CHECKING:
    from airflow.sdk import Context


class SimulateDay(Step):
    """Produces the messages of a simulated day, and writes the truth beside them."""

    def run_step(self, context: Context) -> Any:
        """Send the day."""
        from posttrade.simulator import simulate_day

        run = read_run_parameters(context)
        values = {**context["params"], "business_date": run.business_date}
        return simulate_day(
            read_kafka_config(),
            read_options(values),
            truth_dir=find_home() / "truth",
            on_progress=self.show_progress,
        )

    def show_progress(self, *facts: Any) -> None:
        """Log how far the simulation is."""
        self.log.info("sent: %s", " ".join(str(fact) for fact in facts))


def read_options(values: Mapping[str, Any]) -> Any:
    """Simulation options from a form: shares are written as text (``1.5%``, ``0.02``, ``50``)."""
    from posttrade.simulator.options import Share, SimulationOptions

    options: dict[str, Any] = {}
    for field in dataclasses.fields(SimulationOptions):
        if values.get(field.name) is None:
            continue
        value = values[field.name]
        options[field.name] = Share.parse(str(value)) if "Share" in str(field.type) else value
    return SimulationOptions(**options)
