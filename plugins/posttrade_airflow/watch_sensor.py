"""The watch as a task: it stands in the triggerer all day, and needs no worker and no scheduler.

A task that sent alerts would take a worker's slot from the money path, and a scheduler that lags
would delay the very message that says so.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from posttrade.errors import PostTradeError
from posttrade_airflow.message_sensor import make_dsn, seconds_until
from posttrade_airflow.python_step import DATABASE_CONNECTION, KAFKA_CONNECTION, STEP_DEFAULTS

if TYPE_CHECKING:
    from airflow.sdk import Context

RUN_LENGTH = dt.timedelta(hours=1)
ROUND_PAUSE_S = 3.0
DEADLINES_PAUSE_S = 30.0


class Watch(BaseOperator):
    """Leaves its worker at once; the trigger makes the rounds for `RUN_LENGTH`."""

    ui_color = "#e6f4ea"

    def __init__(self, **options: Any) -> None:
        timeout = RUN_LENGTH + dt.timedelta(minutes=15)
        super().__init__(**{**STEP_DEFAULTS, "execution_timeout": timeout, **options})

    def execute(self, context: Context) -> None:  # noqa: ARG002
        """Defer."""
        until = dt.datetime.now(dt.timezone.utc) + RUN_LENGTH
        self.defer(trigger=WatchTrigger(until), method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Called when the hour is over."""
        return event


class WatchTrigger(BaseTrigger):
    """Makes rounds until its time is up; what fails is said once and tried again.

    Args:
        until: fires at this time.
    """

    def __init__(self, until: dt.datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.until = until
        self.complaint = ""
        self.counts = {"rounds": 0, "alerts": 0, "delivered": 0, "failed": 0}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path and arguments; connections are read anew where the trigger runs."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"until": self.until}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Make a round every few seconds, and look at deadlines twice a minute."""
        deadlines_at = 0.0
        while seconds_until(self.until) > 0:
            try:
                is_due = time.monotonic() >= deadlines_at
                if is_due:
                    deadlines_at = time.monotonic() + DEADLINES_PAUSE_S
                await self.make_round(with_deadlines=is_due)
                self.complaint = ""
            except PostTradeError as error:
                self.complain(str(error))
            except Exception:  # the watch goes on, whatever it was
                self.log.exception("a round failed, trying on")
            await asyncio.sleep(ROUND_PAUSE_S)
        yield TriggerEvent(dict(self.counts))  # type: ignore[no-untyped-call]

    async def make_round(self, *, with_deadlines: bool) -> None:
        """One look at everything, and whatever is to be delivered."""
        from posttrade.alerts.delivery import deliver_alerts
        from posttrade.watch import check_deadlines, run_round
        from posttrade_airflow.alert_channels import read_channels

        dsn = make_dsn(await BaseHook.aget_connection(DATABASE_CONNECTION))
        kafka_config = dict((await BaseHook.aget_connection(KAFKA_CONNECTION)).extra_dejson)
        if with_deadlines:
            await asyncio.to_thread(check_deadlines, dsn, kafka_config)
        done = await asyncio.to_thread(run_round, dsn, kafka_config)
        self.counts["rounds"] += 1
        self.counts["alerts"] += done.raised
        if done.has_deliveries:
            delivered = await asyncio.to_thread(deliver_alerts, dsn, await read_channels())
            self.counts["delivered"] += delivered.delivered
            self.counts["failed"] += delivered.failed

    def complain(self, complaint: str) -> None:
        """Say once what is wrong."""
        if complaint != self.complaint:
            self.complaint = complaint
            self.log.warning("a round failed, trying on: %s", complaint)
