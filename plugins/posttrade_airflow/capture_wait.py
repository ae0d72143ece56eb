"""Before a date is closed: everything that is in Kafka must have come through ``trade_capture``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from posttrade.errors import GateFailed
from posttrade_airflow.python_step import Step, read_dsn, read_kafka_config

if TYPE_CHECKING:
    from airflow.sdk import Context

CAPTURE_DAG = "trade_capture"
POLL_S = 0.5
TELL_EVERY_S = 5.0
NO_PROGRESS_MAX_S = 300.0
WATERMARKS_TIMEOUT_S = 30.0


class AwaitCapture(Step):
    """Waits until what was in Kafka at the start is drained, compared and finished.

    What arrives meanwhile is not waited for: on a busy feed that would never end.
    """

    ui_color = "#e6f4ea"

    def run_step(self, context: Context) -> dict[str, Any]:
        """Wait and tell how far it is.

        Raises:
            GateFailed: ``trade_capture`` is paused, a batch is stopped, or nothing moves.
        """
        from posttrade.backlog import is_capture_idle, read_watermarks

        dsn, kafka_config = read_dsn(), read_kafka_config()
        watermarks = read_watermarks(kafka_config, timeout_s=WATERMARKS_TIMEOUT_S)
        started = moved_at = told_at = time.monotonic()
        progress = None
        while not is_capture_idle(dsn, watermarks):
            refuse_paused_capture(context)
            now = time.monotonic()
            found = read_progress(dsn, watermarks)
            if found != progress:
                progress, moved_at = found, now
            if now - moved_at > NO_PROGRESS_MAX_S:
                raise GateFailed(describe_standstill(found))
            if now - told_at >= TELL_EVERY_S:
                told_at = now
                self.log.info("waiting for %s: %s", CAPTURE_DAG, describe_progress(found))
            time.sleep(POLL_S)
        return {"waited_ms": round((time.monotonic() - started) * 1000)}
