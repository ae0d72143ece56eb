"""The watch in the triggerer, its channels, and what a failed task leaves for it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
import time
from typing import Any

import psycopg
import pytest
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, TaskDeferred

from posttrade import watch
from posttrade.alerts import delivery
from posttrade.alerts.delivery import Delivered
from posttrade.errors import Unavailable
from posttrade.watch import Round
from posttrade_airflow import (
    alert_channels,
    notifications,
    python_step,
    step_traces,
    watch_sensor,
)
from posttrade_airflow.alert_channels import read_channels
from posttrade_airflow.step_traces import find_batch_ids, traced_step
from posttrade_airflow.watch_sensor import Watch, WatchTrigger

from .conftest import make_context

SMTP = {
    "conn_type": "smtp", "host": "mail.x.org", "login": "me", "password": "secret",
    "extra": {"from_email": "desk@x.org", "to": "report@x.org", "alerts_to": "a@x.org,b@x.org"},
}  # fmt: skip
HOOK = {"conn_type": "http", "host": "https://hooks.x.org/services", "password": "T0/B0/KEY"}


def connect(monkeypatch: pytest.MonkeyPatch, **connections: dict[str, Any]) -> None:
    async def find(name: str) -> Any:
        from airflow.sdk import Connection

        if name not in connections:
            raise AirflowNotFoundException(name)
        return Connection.from_json(json.dumps(connections[name]), conn_id=name)

    monkeypatch.setattr(BaseHook, "aget_connection", find)


def test_channels_are_the_connections_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, smtp_default=SMTP, alerts_webhook=HOOK)
    channels: Any = asyncio.run(read_channels())
    assert set(channels) == {"log", "mail", "webhook"}
    mail = channels["mail"]
    assert (mail.host, mail.port, mail.is_tls) == ("mail.x.org", 465, True)
    assert mail.recipients == ("a@x.org", "b@x.org")
    assert mail.sender == "desk@x.org"
    assert channels["webhook"].url == "https://hooks.x.org/services/T0/B0/KEY"
    assert "secret" not in repr(channels)
    assert "KEY" not in repr(channels)


def test_without_connections_there_is_still_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch)
    assert set(asyncio.run(read_channels())) == {"log"}


def test_a_connection_that_cannot_be_used_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(monkeypatch, smtp_default={**SMTP, "extra": {"to": "nobody"}}, alerts_webhook=HOOK)
    assert set(asyncio.run(read_channels())) == {"log", "webhook"}


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ({"host": "127.0.0.1", "schema": "http", "port": 8080}, "http://127.0.0.1:8080"),
        ({"host": "h.org", "extra": {"path": "/in/x"}}, "https://h.org/in/x"),
    ],
)
def test_webhook_addresses(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any], url: str
) -> None:
    connect(monkeypatch, alerts_webhook={"conn_type": "http", **connection})
    channels: Any = asyncio.run(read_channels())
    assert channels["webhook"].url == url


def test_the_task_leaves_its_worker_at_once() -> None:
    with pytest.raises(TaskDeferred) as deferred:
        Watch(task_id="keep_watch").execute(make_context())  # type: ignore[arg-type]
    trigger = deferred.value.trigger
    assert isinstance(trigger, WatchTrigger)
    left = trigger.until - dt.datetime.now(dt.timezone.utc)
    assert left == pytest.approx(dt.timedelta(hours=1), abs=dt.timedelta(minutes=1))


def test_the_trigger_goes_on_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    database = {"conn_type": "postgres", "host": "h", "schema": "trade"}
    connect(monkeypatch, posttrade_db=database, kafka_default={"conn_type": "kafka", "extra": {}})
    monkeypatch.setattr(watch_sensor, "ROUND_PAUSE_S", 0.01)
    rounds = iter([Unavailable("away"), ValueError("?"), Round(has_deliveries=True, raised=1)])
    checked = []

    def run_round(dsn: str, kafka_config: dict[str, Any]) -> Round:
        answer = next(rounds, Round())
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(watch, "run_round", run_round)
    monkeypatch.setattr(watch, "check_deadlines", lambda *_: checked.append(1))
    monkeypatch.setattr(delivery, "deliver_alerts", lambda *_: Delivered(2, 1))
    trigger = WatchTrigger(dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=1))

    async def first() -> Any:
        return await anext(trigger.run())

    told = asyncio.run(asyncio.wait_for(first(), timeout=20)).payload
    assert told["alerts"] == 1
    assert (told["delivered"], told["failed"]) == (2, 1)
    assert told["rounds"] > 3
    assert checked == [1], "deadlines are looked at less often"


def test_the_trigger_can_be_made_anew_elsewhere() -> None:
    from airflow.sdk.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    now = dt.datetime.now(dt.timezone.utc)
    path, arguments = WatchTrigger(now).serialize()
    assert import_string(path)(**deserialize(serialize(arguments))).until == now


@pytest.mark.parametrize(
    ("dag_id", "error", "expected"),
    [
        ("end_of_day", "GateFailed: totals differ", [("close_failed", dt.date(2026, 11, 12))]),
        ("trade_capture", "Unavailable: away", [("task_failed", dt.date(2026, 11, 12))]),
        ("trade_capture", "GateFailed: batch 7 is stopped", []),
    ],
)
def test_a_failed_task_is_noted_for_the_watch(
    trade_dsn: str, monkeypatch: pytest.MonkeyPatch, dag_id: str, error: str, expected: list[Any]
) -> None:
    monkeypatch.setattr(python_step, "read_dsn", lambda: trade_dsn)
    context = make_context("2026-11-12")
    context["ti"].dag_id, context["ti"].task_id, context["ti"].try_number = dag_id, "step", 4
    context["exception"] = error
    for _ in range(2):
        notifications.log_failure(context)  # type: ignore[arg-type]
    with psycopg.connect(trade_dsn) as connection:
        rows = connection.execute(
            "select kind, business_date from control.alert_findings"
        ).fetchall()
    assert rows == expected


def test_a_failure_that_cannot_be_noted_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise Unavailable("the database is away")

    monkeypatch.setattr(python_step, "read_dsn", fail)
    context = make_context("2026-11-12")
    context["ti"].dag_id, context["ti"].task_id, context["ti"].try_number = "end_of_day", "s", 1
    notifications.log_failure(context)  # type: ignore[arg-type]


def test_traces_are_off_and_import_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "posttrade.tracing", raising=False)
    with traced_step(make_context(), "trade_capture/drain_feeds") as trace:  # type: ignore[arg-type]
        trace.batch_ids = [1]
    assert "posttrade.tracing" not in sys.modules


def test_spans_of_a_long_task_are_sent_by_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, list[int], str]] = []

    def send(context: Any, step: str, trace: Any, *rest: Any) -> int:
        sent.append((step, trace.batch_ids, threading.current_thread().name))
        return len(trace.batch_ids)

    monkeypatch.setattr(step_traces, "is_on", lambda: True)
    monkeypatch.setattr(step_traces, "read_dsn", lambda: "dsn")
    monkeypatch.setattr(step_traces, "send", send)
    with step_traces.TraceQueue(make_context()) as traces:  # type: ignore[arg-type]
        for batch_id in (1, 2):
            with traces.trace("trade_capture/drain_feeds") as trace:
                trace.batch_ids = [batch_id]
        with traces.trace("trade_capture/drain_feeds"):
            pass  # no batch, no span
    assert [(step, ids) for step, ids, _ in sent] == [
        ("trade_capture/drain_feeds", [1]), ("trade_capture/drain_feeds", [2]),
    ]  # fmt: skip
    assert all(name.startswith("traces") for _, _, name in sent)


def test_a_collector_that_is_away_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    monkeypatch.setattr(step_traces, "is_on", lambda: True)
    monkeypatch.setattr(step_traces, "read_dsn", lambda: "dsn")
    monkeypatch.setattr(step_traces, "send", lambda *_: time.sleep(0.2) or 0)
    with step_traces.TraceQueue(make_context()) as traces:  # type: ignore[arg-type]
        for number in range(200):
            with traces.trace("trade_capture/drain_feeds") as trace:
                trace.batch_ids = [number]
            if number == 100:
                time.sleep(0.3)  # one try is over by then
    assert time.monotonic() - started < 5


def test_traces_name_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_batch_ids({"batch_ids": [3, 4]}, None) == [3, 4]
    assert find_batch_ids({}, [5]) == [5]
    assert find_batch_ids({}, {"rows_out": 3}) == []
    assert alert_channels.is_true("True")
    assert not alert_channels.is_true(None)
