"""Risk and margin of a business date, measured as sets in the database and kept by version."""

from __future__ import annotations

import datetime as dt
from typing import Any

from posttrade.business_calendar import HOUSE_CALENDAR
from posttrade.capture import RECON_LOCK, StepSequence
from posttrade.database import StepCounts, connect
from posttrade.errors import ConfigurationError
from posttrade.run_log import step_run
from posttrade.statements import read_statement

# each adds its rows to the same temporary table; a later one may read what an earlier one measured
MEASURES = (
    "measure_volumes",
    "measure_exposures",
    "measure_concentration",
    "collect_changes",
    "collect_scenarios",
    "measure_value_at_risk",
    "measure_stress",
    "measure_backtest",
    "measure_zones",
    "measure_limits",
    "measure_netting_sets",
    "value_accounts",
    "measure_accounts",
    "collect_margin_terms",
    "call_margin",
)


def measure_risk(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Measure exposure, concentration, value at risk, stress, limits and margin of a date.

    Measures that come out as before are no new version. What cannot be computed is a row that
    says why, never a zero.

    Returns:
        Measures of the date; measures of its newest version, which are the same.

    Raises:
        ConfigurationError: no risk parameters are in force on the date.
    """
    name = "end_of_day/measure_risk"
    with (
        step_run(dsn, step=name, run_id=run_id, business_date=business_date) as log,
        connect(dsn) as connection,
    ):
        parameters: dict[str, Any] = {
            "business_date": business_date,
            "run_id": run_id,
            "calendar_id": HOUSE_CALENDAR,
        }
        steps = StepSequence(connection, "end_of_day", parameters)
        connection.execute(RECON_LOCK)
        _build_flows(steps)
        if not steps.run("begin_measures").rows_out:
            raise ConfigurationError(
                f"no risk parameters are in force on {business_date}: add a row to "
                "include/reference_data/risk_parameters.csv and load reference data"
            )
        stored = steps.run(*MEASURES, "store_measures")
        log.detail = steps.describe()
        log.rows_in, log.rows_out = stored.rows_in, stored.rows_out
        return stored


def _build_flows(steps: StepSequence) -> None:
    statement = read_statement("risk/list_changed_dates")
    rows = steps.connection.execute(statement, steps.parameters).fetchall()
    for (date,) in rows:
        steps.parameters["flow_date"] = date
        steps.run("build_counterparty_flows")
