"""Breaks: an event for every change, a message for every event, one alert for all of them."""

from __future__ import annotations

import json

import psycopg
import pytest

from posttrade import topics, watch
from posttrade.database import connect
from posttrade.errors import Unavailable

from .conftest import Books

EVENTS = "select trade_id, event, reason from recon.break_events order by event_id"
OUTBOX = "select message_id, payload, published_at from outbox.messages order by outbox_id"


def test_a_break_leaves_an_event_each_time_its_state_changes(books: Books) -> None:
    books.open_breaks(["T1"])
    books.run("update recon.breaks set delta = -11 where trade_id = 'T1'")
    books.resolve("T1")
    books.run(
        "update recon.breaks set status = 'OPEN', resolved_at = null, resolved_run_id = null,"
        " resolved_reason = null"
    )
    assert books.run(EVENTS) == [
        ("T1", "OPENED", None),
        ("T1", "RESOLVED", "later_record_agrees"),
        ("T1", "REOPENED", None),
    ]


@pytest.mark.parametrize("change", ["delete from", "update"])
def test_events_are_append_only(books: Books, change: str) -> None:
    books.open_breaks(["T1"])
    tail = " set run_id = 'x'" if change == "update" else ""
    with pytest.raises(psycopg.Error) as refused:
        books.run(f"{change} recon.break_events{tail}")
    assert refused.value.sqlstate == "PT001"


def test_what_is_rolled_back_leaves_no_event(books: Books) -> None:
    books.open_breaks(["T1"])
    with pytest.raises(RuntimeError), connect(books.dsn) as connection:
        connection.execute("update recon.breaks set status = 'RESOLVED', resolved_at = now(),"
                           " resolved_reason = 'x'")  # fmt: skip
        raise RuntimeError
    assert len(books.run(EVENTS)) == 1


def test_every_event_is_one_message_on_the_topic(books: Books) -> None:
    books.open_breaks(["T1", "T2"])
    books.resolve("T1")
    first = books.look()
    assert (first.announced, first.published) == (3, 3)
    messages = books.run(OUTBOX)
    assert [message_id for message_id, _, _ in messages] == [
        "breaks/2026-11-19/T1/quantity_mismatch/1",
        "breaks/2026-11-19/T2/quantity_mismatch/2",
        "breaks/2026-11-19/T1/quantity_mismatch/3",
    ]
    assert messages[2][1]["event"] == "RESOLVED"
    assert all(published_at for *_, published_at in messages)
    again = books.look()
    assert (again.announced, again.published) == (0, 0)
    # even with the position lost, nothing is announced twice
    books.run("update control.positions set last_event_id = 0 where reader = 'breaks_topic'")
    books.look()
    assert len(books.run(OUTBOX)) == 3


def test_a_bad_morning_is_one_alert(books: Books) -> None:
    books.open_breaks([f"Q{number}" for number in range(6_000)], amount="10.01")
    books.open_breaks(
        [f"P{number}" for number in range(3_000)], "price_mismatch", "0.05", "EUR", "BRIAR"
    )
    books.open_breaks(["BIG"], "missing_confirmation", "98500.123456", "USD", "CEDAR")
    assert books.look().raised == 1
    ((kind, count, facts),) = books.alerts()
    assert (kind, count) == ("break_opened", 9_001)
    assert facts["by_type"] == [
        {"name": "quantity_mismatch", "currency": "USD", "count": 6000, "amount": "60060.00"},
        {"name": "price_mismatch", "currency": "EUR", "count": 3000, "amount": "150.00"},
        {"name": "missing_confirmation", "currency": "USD", "count": 1, "amount": "98500.123456"},
    ]
    assert [row["count"] for row in facts["by_counterparty"]] == [6000, 3000, 1]
    assert {row["currency"]: row["amount"] for row in facts["by_currency"]} == {
        "USD": "158560.123456",
        "EUR": "150.00",
    }
    assert len(facts["largest"]) == 5
    assert facts["largest"][0]["currency"] == "EUR"
    assert facts["largest"][1]["trade_id"] == "BIG"
    assert len(json.dumps(facts)) < 5_000


def test_alerts_keep_their_distance_and_forget_nothing(books: Books) -> None:
    books.open_breaks(["T1"])
    assert books.look(5).raised == 0, "the first break waits for more to come"
    assert books.look(20).raised == 1
    books.open_breaks(["T2"])
    books.open_breaks(["T3"], "price_mismatch")
    assert books.look(200).raised == 0, "the last alert is too young"
    assert books.look(400).raised == 1
    assert [count for _, count, _ in books.alerts()] == [1, 2]


def test_a_break_that_is_gone_again_is_no_alert(books: Books) -> None:
    books.open_breaks(["T1", "T2"])
    books.resolve("T1", "T2")
    assert books.look().raised == 0
    books.open_breaks(["T3"])
    assert books.look().raised == 1
    assert books.alerts()[0][1] == 1
    assert books.alerts()[0][2]["resolved_count"] == 0


def test_a_crash_neither_loses_an_alert_nor_raises_it_twice(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.open_breaks(["T1", "T2"])
    run_step = watch.run_step
    for point in ("list_new_breaks", "count_new_breaks", "raise_break_alert", "plan_deliveries"):

        def fail_after(connection: object, step: str, parameters: object, point: str = point):  # type: ignore[no-untyped-def]
            counts = run_step(connection, step, parameters)  # type: ignore[arg-type]
            if step.endswith(point):
                raise ConnectionError(point)
            return counts

        monkeypatch.setattr(watch, "run_step", fail_after)
        with pytest.raises(ConnectionError):
            books.look()
        assert books.alerts() == []
    monkeypatch.setattr(watch, "run_step", run_step)
    assert books.look().raised == 1
    assert books.look(10_000).raised == 0
    assert len(books.alerts()) == 1
    assert len(books.run(OUTBOX)) == 2
    deliveries = books.run("select channel from control.alert_deliveries order by channel")
    assert deliveries == [("log",), ("mail",), ("webhook",)]


def test_a_broker_that_is_away_does_not_hold_up_the_alert(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "ANSWER_DEADLINE_S", 0.5)
    books.kafka_config = {"bootstrap.servers": "127.0.0.1:1", "group.id": "watch"}
    books.open_breaks(["T1"])
    with pytest.raises(Unavailable):
        books.look()
    assert len(books.alerts()) == 1
