"""What a close waits for, and when it gives up with a reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from posttrade import backlog, capture_progress
from posttrade.backlog import CaptureTarget
from posttrade.watermarks import Watermarks
from posttrade_airflow import capture_wait
from posttrade_airflow.capture_wait import AwaitCapture

from .conftest import make_context

DAY = dt.date(2026, 11, 12)
ENDS = {("executions", 0): Watermarks(5, 10)}


class Dag:
    """What Airflow tells of a Dag."""

    def __init__(self, *, is_paused: bool) -> None:
        self.is_paused = is_paused


def run_wait(
    monkeypatch: pytest.MonkeyPatch,
    dsn: str,
    *,
    idle_after: int,
    is_paused: bool = False,
) -> Any:
    looks = iter(range(idle_after))
    monkeypatch.setattr(backlog, "read_watermarks", lambda config, timeout_s: ENDS)
    monkeypatch.setattr(CaptureTarget, "is_reached", lambda target: next(looks, None) is None)
    monkeypatch.setattr(capture_wait, "read_dsn", lambda: dsn)
    monkeypatch.setattr(capture_wait, "read_kafka_config", dict)
    monkeypatch.setattr(capture_wait, "POLL_S", 0.01)
    task = AwaitCapture(task_id="await_capture")
    task.keeps_run_log = False
    context = make_context(DAY.isoformat())
    context["ti"].get_dag = lambda dag_id: Dag(is_paused=is_paused)
    return task.execute(context)  # type: ignore[arg-type]


def stop_batch(dsn: str, *, business_date: dt.date, is_date_stated: bool = True) -> None:
    with psycopg.connect(dsn) as connection:
        (batch_id,) = connection.execute(
            "insert into landing.batches (feed, status, message_count, staged_count, reject_count,"
            " status_reason, run_id)"
            " values ('broker_confirmations', 'STOPPED', 1, 1, 0, 'why', 'r')"
            " returning batch_id"
        ).fetchone() or (0,)
        connection.execute(
            "insert into staging.confirmations (batch_id, feed, topic, partition, message_offset,"
            " message_at, business_date, is_date_stated, trade_id, version, symbol, quantity,"
            " price, confirmed_at, status)"
            " values (%s, 'broker_confirmations', 't', 0, 1, now(), %s, %s,"
            " 'T1', 1, 'IBM', 1, 1, now(), 'CONFIRMED')",
            (batch_id, business_date, is_date_stated),
        )


def test_it_ends_when_the_capture_is_done(monkeypatch: pytest.MonkeyPatch, trade_dsn: str) -> None:
    assert set(run_wait(monkeypatch, trade_dsn, idle_after=3)) == {"waited_ms"}


def test_a_paused_capture_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, trade_dsn: str
) -> None:
    with pytest.raises(AirflowFailException, match="trade_capture is paused and 5 messages wait"):
        run_wait(monkeypatch, trade_dsn, idle_after=9, is_paused=True)


def test_a_capture_that_stands_still_is_given_up(
    monkeypatch: pytest.MonkeyPatch, trade_dsn: str
) -> None:
    monkeypatch.setattr(capture_wait, "NO_PROGRESS_MAX_S", 0.05)
    with pytest.raises(AirflowFailException, match="has made no progress"):
        run_wait(monkeypatch, trade_dsn, idle_after=100_000)


@pytest.mark.parametrize(
    ("business_date", "is_date_stated", "is_in_the_way"),
    [
        (DAY, True, True),
        (DAY - dt.timedelta(days=1), True, False),
        (DAY - dt.timedelta(days=1), False, True),  # it may belong to the date
    ],
)
def test_a_stopped_batch_of_the_date_is_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
    trade_dsn: str,
    business_date: dt.date,
    is_date_stated: bool,
    is_in_the_way: bool,
) -> None:
    stop_batch(trade_dsn, business_date=business_date, is_date_stated=is_date_stated)
    if is_in_the_way:
        with pytest.raises(AirflowFailException, match=r"is stopped \(why\).*posttrade batches"):
            run_wait(monkeypatch, trade_dsn, idle_after=0)
    else:
        run_wait(monkeypatch, trade_dsn, idle_after=0)


def test_progress_counts_what_is_below_the_watermarks(trade_dsn: str) -> None:
    with psycopg.connect(trade_dsn) as connection:
        connection.execute(
            "insert into landing.offsets (topic, partition, next_offset)"
            " values ('executions', 0, 8)"
        )
    progress = capture_progress.read_progress(trade_dsn, ENDS)
    assert progress.waiting == 2
    assert progress.describe() == "2 messages wait in Kafka; unfinished batches: none"


def test_batches_drained_later_are_not_waited_for(trade_dsn: str) -> None:
    def add_batch(status: str) -> None:
        with psycopg.connect(trade_dsn) as connection:
            connection.execute(
                "insert into landing.batches (feed, status, message_count, staged_count,"
                " reject_count, run_id) values ('executions', %s, 1, 1, 0, 'r')",
                (status,),
            )

    def change(statement: str) -> None:
        with psycopg.connect(trade_dsn) as connection:
            connection.execute(statement.encode())

    target = CaptureTarget(trade_dsn, ENDS)
    change(
        "insert into landing.offsets (topic, partition, next_offset) values ('executions', 0, 8)"
    )
    assert not target.is_reached()  # not drained
    add_batch("DRAINED")
    change("update landing.offsets set next_offset = 10")
    assert not target.is_reached()  # drained, but on its way
    add_batch("PROMOTED")  # holds later messages only
    assert not target.is_reached()
    change("update landing.batches set status = 'RECONCILED' where status = 'DRAINED'")
    assert target.is_reached()
    assert not backlog.is_capture_idle(trade_dsn, ENDS)
