"""Before a date is closed: everything that is in Kafka must have come through ``trade_capture``."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

from posttrade.errors import GateFailed
from posttrade_airflow.python_step import Step, read_dsn, read_kafka_config
from posttrade_airflow.run_parameters import read_run_parameters

if TYPE_CHECKING:
    from airflow.sdk import Context

CAPTURE_DAG = "trade_capture"
TIMEOUT = dt.timedelta(hours=4)  # a day's whole backlog may have to be drained first
POLL_S = 0.5
TELL_EVERY_S = 5.0
NO_PROGRESS_MAX_S = 300.0
WATERMARKS_TIMEOUT_S = 30.0


class AwaitCapture(Step):
    """Waits until what was in Kafka at the start is drained, compared and finished.

    What arrives meanwhile is not waited for, neither its messages nor its batches: on a busy feed
    that would never end.
    """

    ui_color = "#e6f4ea"

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"execution_timeout": TIMEOUT, **options})

    def run_step(self, context: Context) -> dict[str, Any]:
        """Wait and tell how far it is.

        Raises:
            GateFailed: ``trade_capture`` is paused or stands still, or a batch of the date is
                stopped.
        """
        from posttrade.backlog import CaptureTarget, read_watermarks
        from posttrade.capture_progress import describe_stopped_batches, read_progress

        business_date = read_run_parameters(context).business_date
        dsn = read_dsn()
        watermarks = read_watermarks(read_kafka_config(), timeout_s=WATERMARKS_TIMEOUT_S)
        target = CaptureTarget(dsn, watermarks)
        started = moved_at = told_at = time.monotonic()
        progress = None
        while not target.is_reached():
            now = time.monotonic()
            found = read_progress(dsn, watermarks)
            if context["ti"].get_dag(CAPTURE_DAG).is_paused:
                raise GateFailed(
                    f"{business_date} cannot be closed: the Dag {CAPTURE_DAG} is paused and "
                    f"{found.describe()}; switch it on, then clear this task"
                )
            if found != progress:
                progress, moved_at = found, now
            if now - moved_at > NO_PROGRESS_MAX_S:
                raise GateFailed(
                    f"{business_date} cannot be closed: {CAPTURE_DAG} has made no progress for "
                    f"{NO_PROGRESS_MAX_S:g} s; {found.describe()}. See its failed tasks, then "
                    "clear this one"
                )
            if now - told_at >= TELL_EVERY_S:
                told_at = now
                self.log.info("waiting for %s: %s", CAPTURE_DAG, found.describe())
            time.sleep(POLL_S)
        if stopped := describe_stopped_batches(dsn, business_date):
            raise GateFailed(
                f"{business_date} would be closed without some of its records: "
                f"{'; '.join(stopped)}. Decide with `./posttrade batches`, then clear this task"
            )
        return {"waited_ms": round((time.monotonic() - started) * 1000)}
