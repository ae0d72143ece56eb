"""Trade capture as a task: a series of rounds in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posttrade_airflow.python_step import Step, read_dsn, read_kafka_config
from posttrade_airflow.step_traces import TraceQueue

if TYPE_CHECKING:
    from airflow.sdk import Context

    from posttrade.capture_rounds import CaptureRounds


class CaptureBatches(Step):
    """Makes rounds until their limits end it, and fails at the end if a batch was stopped."""

    rounds: CaptureRounds | None = None

    def run_step(self, context: Context) -> Any:
        """Drain, validate, promote, reconcile and publish, again and again."""
        from posttrade.capture_rounds import CaptureRounds

        with TraceQueue(context) as traces:
            self.rounds = CaptureRounds(
                read_dsn(), read_kafka_config(), run_id=context["run_id"], trace=traces.trace
            )
            return self.rounds.run()

    def on_kill(self) -> None:
        """End after the step in progress, when the task is cleared, marked or shut down."""
        if self.rounds is not None:
            self.rounds.stop()
