"""Waiting for something to do, cheaply: the first task of ``trade_capture``.

While there is work the task ends at once: a deferral costs seconds. When there is none, it leaves
its worker and a trigger looks for it, for at most `IDLE_LIMIT`: a day without messages is 24 runs.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from posttrade.errors import ConfigurationError, GateFailed, Unavailable
from posttrade_airflow.python_step import (
    DATABASE_CONNECTION,
    ERROR_KEY,
    KAFKA_CONNECTION,
    STEP_DEFAULTS,
    connection_parts,
    describe_error,
    mapped_errors,
    read_dsn,
    read_kafka_config,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

CAPTURE_TASK = "capture_batches"
IDLE_LIMIT = dt.timedelta(hours=1)
POLL_S = 0.5
PAUSE_AFTER_FAILURE = dt.timedelta(seconds=30)
WATERMARKS_TIMEOUT_S = 5.0
CHECK_TIMEOUT_S = 30.0  # of one look from the trigger, with both servers slow


class MessageSensor(BaseOperator):
    """Ends when messages wait, a batch is unfinished, or a trade has run out of its grace.

    After a failed run it first waits a little, so that a lasting fault makes two runs a minute, not
    one a second. A gate that stopped a batch is no such fault: the batch is set aside.
    """

    ui_color = "#e6f4ea"

    def __init__(self, **options: Any) -> None:
        timeout = IDLE_LIMIT + dt.timedelta(minutes=5)
        super().__init__(**{**STEP_DEFAULTS, "execution_timeout": timeout, **options})

    def execute(self, context: Context) -> dict[str, Any]:
        """Look once; defer when there is nothing to do."""
        with mapped_errors(context["ti"]):
            reason = None
            not_before = self._end_of_pause(context)
            if not_before is None:
                try:
                    reason = find_work(read_dsn(), read_kafka_config())
                except Unavailable as error:
                    self.log.warning("cannot look for messages, waiting: %s", error)
            if reason is None:
                until = dt.datetime.now(dt.timezone.utc) + IDLE_LIMIT
                self.log.info("nothing to do: waiting until %s at most", until.isoformat())
                self.defer(trigger=MessageTrigger(until, not_before), method_name="resume")
        return self._describe(reason)

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Called when the trigger has fired."""
        return self._describe(event["reason"])

    def _describe(self, reason: str) -> dict[str, Any]:
        self.log.info("woken: %s", reason)
        return {"reason": reason}

    def _end_of_pause(self, context: Context) -> dt.datetime | None:
        previous = context["ti"].get_previous_dagrun()
        if previous is None or previous.state != "failed" or previous.end_date is None:
            return None
        if has_stopped_batches_only(context, previous.run_id):
            return None
        end: dt.datetime = previous.end_date + PAUSE_AFTER_FAILURE
        if end <= dt.datetime.now(dt.timezone.utc):
            return None
        self.log.warning("run %s failed: waiting until %s", previous.run_id, end.isoformat())
        return end


class MessageTrigger(BaseTrigger):
    """Looks for work twice a second; a server that is away is waited for.

    Args:
        until: fires at this time at the latest, so that an idle run ends.
        not_before: does not look before this time.
    """

    def __init__(self, until: dt.datetime, not_before: dt.datetime | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.until = until
        self.not_before = not_before

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path and arguments; connections are read anew where the trigger runs."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"until": self.until, "not_before": self.not_before}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is work or the time is up."""
        if self.not_before is not None:
            await asyncio.sleep(max(0.0, seconds_until(self.not_before)))
        database = await BaseHook.aget_connection(DATABASE_CONNECTION)
        kafka = await BaseHook.aget_connection(KAFKA_CONNECTION)
        dsn = make_dsn(database)
        outages = outage_errors()
        complaint = ""
        while seconds_until(self.until) > 0:
            reason = None
            try:
                look = asyncio.to_thread(find_work, dsn, dict(kafka.extra_dejson))
                reason = await asyncio.wait_for(look, CHECK_TIMEOUT_S)
                complaint = ""
            except outages as error:
                if describe_error(error) != complaint:
                    complaint = describe_error(error)
                    self.log.warning("cannot look for messages, trying on: %s", complaint)
            if reason is not None:
                yield wake(reason)
                return
            await asyncio.sleep(POLL_S)
        yield wake(f"nothing came for {IDLE_LIMIT}")


def outage_errors() -> tuple[type[Exception], ...]:
    """What a look may end with while a server is away, breaks off or has just come back.

    A broker that starts knows no topic for a moment, which looks like a wrong configuration.
    """
    import psycopg

    # on Python 3.10 asyncio's timeout is not the built-in one
    return (
        Unavailable,
        ConfigurationError,
        TimeoutError,
        asyncio.TimeoutError,
        psycopg.OperationalError,
    )


def wake(reason: str) -> TriggerEvent:
    """What the task is told."""
    return TriggerEvent({"reason": reason})  # type: ignore[no-untyped-call]


def seconds_until(moment: dt.datetime) -> float:
    """Seconds from now; negative when it has passed."""
    return (moment - dt.datetime.now(dt.timezone.utc)).total_seconds()


def make_dsn(connection: Any) -> str:
    """Libpq connection string of an Airflow connection."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**connection_parts(connection))


def has_stopped_batches_only(context: Context, run_id: str) -> bool:
    """Whether a failed run went on to its end, and failed to show that a gate stopped a batch."""
    error = context["ti"].xcom_pull(task_ids=CAPTURE_TASK, key=ERROR_KEY, run_id=run_id)
    return str(error).startswith(f"{GateFailed.__name__}:")


def find_work(dsn: str, kafka_config: dict[str, Any]) -> str | None:
    """Why a run is needed now, or None.

    Raises:
        Unavailable: broker or database does not answer.
    """
    from posttrade.backlog import is_drained, read_watermarks
    from posttrade.database import connect
    from posttrade.statements import read_statement

    broker = view_broker(json.dumps(kafka_config, sort_keys=True, default=str))
    watermarks = read_watermarks(
        kafka_config, timeout_s=WATERMARKS_TIMEOUT_S, may_miss=True, broker=broker
    )
    with connect(dsn, application_name="posttrade wait") as connection:
        unfinished, *_ = connection.execute(read_statement("landing/count_unfinished")).fetchall()
        if unfinished != (0,) or not is_drained(connection, watermarks):
            return "messages or unfinished batches wait"
        overdue, *_ = connection.execute(read_statement("recon/is_grace_over")).fetchall()
    return "trades have run out of their grace" if overdue == (True,) else None


@functools.lru_cache(maxsize=2)
def view_broker(kafka_config: str) -> Any:
    """The broker of a configuration, kept open from look to look."""
    from posttrade.watermarks import BrokerView

    return BrokerView(json.loads(kafka_config))
