"""Waiting: at once while there is work, else outside the worker, through outages, not for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, ClassVar

import psycopg
import pytest
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import TaskDeferred

from posttrade.errors import ConfigurationError, Unavailable
from posttrade_airflow import message_sensor
from posttrade_airflow.message_sensor import MessageSensor, MessageTrigger

from .conftest import make_context

NOW = dt.datetime.now(dt.timezone.utc)


class Previous:
    """The run before this one."""

    def __init__(self, state: str, ended: dt.datetime) -> None:
        self.run_id = "scheduled__before"
        self.state = state
        self.end_date = ended


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        host, port, login, password, schema = "h", 1, "l", "p", "s"
        extra_dejson: ClassVar[dict[str, Any]] = {}

    async def find(_: str) -> Connection:
        return Connection()

    monkeypatch.setattr(message_sensor, "read_dsn", lambda: "")
    monkeypatch.setattr(message_sensor, "read_kafka_config", dict)
    monkeypatch.setattr(BaseHook, "aget_connection", find)
    monkeypatch.setattr(message_sensor, "POLL_S", 0.01)


def look(monkeypatch: pytest.MonkeyPatch, *answers: str | Exception | None) -> list[int]:
    """Let the looks answer one after the other, the last one for ever; counts them."""
    count = [0]

    def find_work(dsn: str, kafka_config: dict[str, Any]) -> str | None:
        answer = answers[min(count[0], len(answers) - 1)]
        count[0] += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(message_sensor, "find_work", find_work)
    return count


def run_sensor(previous: Previous | None = None, error: str | None = None) -> Any:
    """Run it after another run, which failed with an error."""
    context = make_context()
    context["ti"].get_previous_dagrun = lambda: previous
    told = {("capture_batches", "error", "scheduled__before"): error}
    context["ti"].xcom_pull = lambda task_ids, key, run_id: told[task_ids, key, run_id]
    return MessageSensor(task_id="wait_for_messages").execute(context)  # type: ignore[arg-type]


def fire(trigger: MessageTrigger) -> Any:
    async def first() -> Any:
        return await anext(trigger.run())

    return asyncio.run(asyncio.wait_for(first(), timeout=10)).payload


def test_with_work_it_does_not_defer(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, "messages wait")
    assert run_sensor() == {"reason": "messages wait"}


@pytest.mark.parametrize("answer", [None, Unavailable("the broker does not answer")])
def test_without_work_it_leaves_the_worker_for_an_hour_at_most(
    monkeypatch: pytest.MonkeyPatch, answer: Exception | None
) -> None:
    look(monkeypatch, answer)
    called_at = dt.datetime.now(dt.timezone.utc)
    with pytest.raises(TaskDeferred) as deferred:
        run_sensor()
    trigger = deferred.value.trigger
    assert isinstance(trigger, MessageTrigger)
    waiting = trigger.until - called_at
    assert waiting == pytest.approx(dt.timedelta(hours=1), abs=dt.timedelta(minutes=5))


def test_after_a_failed_run_it_pauses_although_there_is_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = look(monkeypatch, "messages wait")
    with pytest.raises(TaskDeferred) as deferred:
        run_sensor(Previous("failed", dt.datetime.now(dt.timezone.utc)))
    assert count == [0]
    assert deferred.value.trigger.not_before > dt.datetime.now(dt.timezone.utc)  # type: ignore[attr-defined]
    long_ago = NOW - dt.timedelta(hours=1)
    assert run_sensor(Previous("failed", long_ago)) == {"reason": "messages wait"}
    assert run_sensor(Previous("success", NOW)) == {"reason": "messages wait"}


def test_after_a_run_that_failed_for_a_stopped_batch_it_goes_on_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look(monkeypatch, "messages wait")
    failed = Previous("failed", dt.datetime.now(dt.timezone.utc))
    stop = "GateFailed: batch 7 of feed executions is stopped"
    assert run_sensor(failed, stop) == {"reason": "messages wait"}
    with pytest.raises(TaskDeferred):
        run_sensor(failed, "Unavailable: GateFailed: no")


def test_the_trigger_wakes_on_work_after_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    count = look(monkeypatch, None, Unavailable("away"), Unavailable("away"), None, "here")
    assert fire(MessageTrigger(NOW + dt.timedelta(hours=1))) == {"reason": "here"}
    assert count == [5]


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.errors.AdminShutdown("terminating connection"),
        ConfigurationError("topic 'trades' is not on the broker"),
        asyncio.TimeoutError(),
        TimeoutError(),
    ],
)
def test_no_outage_ends_the_trigger(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    look(monkeypatch, error, error, None, "here")
    assert fire(MessageTrigger(NOW + dt.timedelta(hours=1))) == {"reason": "here"}


def test_a_look_that_hangs_does_not_end_the_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    looks = []

    def find_work(dsn: str, kafka_config: dict[str, Any]) -> str:
        looks.append(dsn)
        time.sleep(0.3 if len(looks) == 1 else 0)
        return "here"

    monkeypatch.setattr(message_sensor, "find_work", find_work)
    monkeypatch.setattr(message_sensor, "CHECK_TIMEOUT_S", 0.1)
    assert fire(MessageTrigger(NOW + dt.timedelta(hours=1))) == {"reason": "here"}
    assert len(looks) == 2


def test_the_trigger_ends_an_idle_run(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, None)
    until = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=0.1)
    assert "nothing came" in fire(MessageTrigger(until))["reason"]


def test_the_trigger_can_be_made_anew_elsewhere() -> None:
    from airflow.sdk.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    path, arguments = MessageTrigger(NOW, NOW).serialize()
    copy = import_string(path)(**deserialize(serialize(arguments)))
    assert (copy.until, copy.not_before) == (NOW, NOW)
