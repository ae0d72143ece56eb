"""The order path from topic to topic: an order and its answer in, what they move out, once."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from posttrade.capture_rounds import CaptureRounds, RoundLimits
from posttrade.settlement import close_orders
from tests.ingest.conftest import PARTITIONS, Feeds

LEDGER = """
select asset_kind, asset, sum(amount)
from settlement.ledger_entries
group by asset_kind, asset
having sum(amount) <> 0
"""
ORDER = b"100,SBI,985"
CONFIRM = b"CONFIRM"
ROUNDS = RoundLimits(lasts_s=20, idle_s=0.6, round_s=0.0, poll_s=0.1)


def capture(feeds: Feeds) -> None:
    CaptureRounds(feeds.dsn, feeds.kafka_config, run_id="test", limits=ROUNDS).run()


def read(feeds: Feeds, topic: str) -> list[bytes]:
    """Every message of a topic."""
    consumer = Consumer({**feeds.kafka_config, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    messages = consumer.consume(1000, 1.0)
    consumer.close()
    return [message.value() for message in messages]


def moved(feeds: Feeds) -> tuple[list[bytes], list[bytes]]:
    return read(feeds, "Demat_allocation"), read(feeds, "Cash_movement")


@pytest.mark.parametrize("in_turn", list(permutations(["Trade_Order", "Counter_party"])))
@pytest.mark.parametrize("batches", [1, 2])
def test_nothing_moves_until_both_are_in(
    feeds: Feeds, in_turn: tuple[str, str], batches: int
) -> None:
    payloads = {"Trade_Order": ORDER, "Counter_party": CONFIRM}
    for topic in in_turn:
        feeds.send(topic, [payloads[topic]], partition=0)
        if batches == 2 and topic == in_turn[0]:
            capture(feeds)
            assert moved(feeds) == ([], [])
    capture(feeds)
    capture(feeds)
    assert moved(feeds) == ([b"DEMAT 100 SBI"], [b"DEBIT 98500"])
    assert feeds.ask(LEDGER) == []
    assert feeds.ask("select state from settlement.instruction_states") == [("SETTLED",)]


def test_a_sale_goes_the_other_way(feeds: Feeds) -> None:
    feeds.send("Trade_Order", [b"-100,SBI,985"], partition=0)
    feeds.send("Counter_party", [CONFIRM], partition=0)
    capture(feeds)
    assert moved(feeds) == ([b"DEMAT -100 SBI"], [b"CREDIT 98500"])


def test_orders_as_json_are_told_as_json(feeds: Feeds) -> None:
    order = {
        "order_id": "O1",
        "symbol": "SBI",
        "quantity": 100,
        "price": 985,
        "counterparty": "INDUS",
    }
    feeds.send("Trade_Order", [json.dumps(order).encode()], partition=0)
    feeds.send("Counter_party", [b'{"order_id": "O1", "response": "CONFIRM"}'], partition=0)
    capture(feeds)
    demat, cash = ([json.loads(message) for message in topic] for topic in moved(feeds))
    assert [(m["action"], m["quantity"], m["symbol"], m["text"]) for m in demat] == [
        ("DEMAT", 100, "SBI", "DEMAT 100 SBI")
    ]
    assert [(m["action"], m["amount"], m["currency"], m["text"]) for m in cash] == [
        ("DEBIT", 98500, "INR", "DEBIT 98500")
    ]
    assert {m["order_id"] for m in demat + cash} == {"O1"}


def test_the_same_again_moves_nothing_again(feeds: Feeds) -> None:
    order = b'{"order_id": 7, "symbol": "SBI", "quantity": 1, "price": 2.5}'
    answer = b"CONFIRM,7"
    feeds.send("Trade_Order", [order, order], partition=0)
    capture(feeds)
    feeds.send("Counter_party", [answer, answer, answer], partition=0)
    capture(feeds)
    feeds.send("Trade_Order", [order], partition=0)
    feeds.send("Counter_party", [answer], partition=0)
    capture(feeds)
    demat, cash = moved(feeds)
    assert (len(demat), len(cash)) == (1, 1)
    assert feeds.count("landing.duplicates") == 5
    assert feeds.count("settlement.breaks") == 0


def test_what_is_wrong_is_a_break_and_moves_nothing(feeds: Feeds) -> None:
    feeds.send(
        "Trade_Order",
        [
            b'{"order_id": "R", "symbol": "SBI", "quantity": 1, "price": 10}',
            b'{"order_id": "W", "symbol": "SBI", "quantity": 1, "price": 20}',
            b"100,SBI,free",
        ],
        partition=0,
    )
    feeds.send("Counter_party", [b"REJECT,R", b"CONFIRM,X"], partition=0)
    capture(feeds)
    for table in ("open_orders", "open_responses"):
        feeds.ask(f"update trade.{table} set due_at = now() returning 1")  # noqa: S608
    capture(feeds)
    found = feeds.ask("select subject_id, break_type, status from settlement.breaks order by 1")
    assert found == [
        ("R", "order_rejected", "OPEN"),
        ("W", "order_not_answered", "OPEN"),
        ("X", "answer_without_order", "OPEN"),
    ]
    assert moved(feeds) == ([], [])
    assert feeds.ask("select reason from landing.rejects") == [("wrong_type",)]
    # late is better than never: it settles, and the break is over
    feeds.send("Counter_party", [b"CONFIRM,W"], partition=0)
    feeds.send(
        "Trade_Order", [b'{"order_id":"X","symbol":"SBI","quantity":1,"price":1}'], partition=0
    )
    capture(feeds)
    assert feeds.ask(
        "select subject_id, resolved_reason from settlement.breaks where status = 'RESOLVED'"
        " order by 1"
    ) == [("W", "answered_late"), ("X", "order_came_late")]
    assert feeds.ask(
        "select event from recon.break_events where subject_kind = 'ORDER' and trade_id = 'W'"
        " order by event_id"
    ) == [("OPENED",), ("RESOLVED",)]
    assert len(moved(feeds)[0]) == 2


@pytest.mark.parametrize(
    "reason", ["credit limit (INR 5m) exceeded", "=HYPERLINK(1)", r"C:\new\terms", "<b>no</b>"]
)
def test_a_rejection_takes_effect_whatever_its_reason(feeds: Feeds, reason: str) -> None:
    order = b'{"order_id": "O1", "symbol": "SBI", "quantity": 1, "price": 10}'
    answer = {"order_id": "O1", "response": "REJECT", "reason": reason}
    feeds.send("Trade_Order", [order], partition=0)
    feeds.send("Counter_party", [json.dumps(answer).encode()], partition=0)
    capture(feeds)
    found = feeds.ask("select subject_id, break_type, actual_value from settlement.breaks")
    assert found == [("O1", "order_rejected", f"REJECT: {reason}")]
    assert feeds.count("trade.open_orders") == feeds.count("landing.rejects") == 0


@pytest.mark.parametrize("is_answer_first", [False, True])
def test_terms_that_cannot_settle_are_breaks_until_they_are_mended(
    feeds: Feeds, is_answer_first: bool
) -> None:
    terms: dict[str, dict[str, Any]] = {
        "CP": {"symbol": "SBI", "counterparty": "NOBODY"},
        "CURRENCY": {"symbol": "AAPL", "currency": "INR"},
        "FX": {"symbol": "EURUSD"},
        "NEW": {"symbol": "NEWCO", "quantity": 3},
        "OWN": {"symbol": "AAPL", "counterparty": "ALDER"},
    }
    orders: list[bytes | None] = [
        json.dumps({"order_id": name, "quantity": 2, "price": 10.5, **own}).encode()
        for name, own in terms.items()
    ]
    answers: list[bytes | None] = [f"CONFIRM,{name}".encode() for name in terms]
    told = {"Trade_Order": orders, "Counter_party": answers}
    for topic in sorted(told, reverse=not is_answer_first):
        feeds.send(topic, told[topic] * 2, partition=0)
        capture(feeds)
    breaks = "select subject_id, break_type, exposure_amount, currency from settlement.breaks"
    assert feeds.ask(f"{breaks} where status = 'OPEN' order by 1") == [
        ("CP", "order_terms_counterparty_unknown", 21, "INR"),
        ("CURRENCY", "order_terms_currency_differs", 21, "INR"),
        ("FX", "order_terms_no_delivery_against_payment", 21, "USD"),
        ("NEW", "order_terms_instrument_unknown", Decimal("31.5"), "INR"),
    ]
    cash = "select subject_id, currency, amount from settlement.instructions order by 1"
    assert feeds.ask(cash) == [("OWN", "USD", 21)]
    assert len(moved(feeds)[0]) == 1
    feeds.ask(
        "insert into reference.instruments (symbol, instrument_name, asset_class, currency,"
        " market_id) values ('NEWCO', 'New', 'EQUITY', 'USD', 'US') returning 1"
    )
    feeds.ask(
        "insert into reference.instrument_terms (symbol, multiplier)"
        " values ('NEWCO', 50) returning 1"
    )
    capture(feeds)
    capture(feeds)
    assert feeds.ask(cash) == [("NEW", "USD", 1575), ("OWN", "USD", 21)]
    assert feeds.ask(
        "select subject_id, resolved_reason from settlement.breaks where status = 'RESOLVED'"
    ) == [("NEW", "terms_mended")]
    assert feeds.ask(LEDGER) == []
    states = feeds.ask("select state, count(*) from settlement.order_states group by 1 order by 1")
    assert states == [("CONFIRMED", 2), ("HELD", 3)]


def test_a_closed_date_waits_for_nobody(feeds: Feeds) -> None:
    form = b'{"order_id": "%s", "symbol": "SBI", "quantity": 1, "price": 10, "trade_date": "%s"}'
    orders = [form % (b"O1", b"2026-11-19"), form % (b"O2", b"2026-11-20")]
    feeds.send("Trade_Order", orders, partition=0)
    answer = b'{"order_id": "X", "response": "CONFIRM", "trade_date": "2026-11-19"}'
    feeds.send("Counter_party", [answer], partition=0)
    capture(feeds)
    assert feeds.count("settlement.breaks") == 0
    for _ in range(2):
        close_orders(feeds.dsn, dt.date(2026, 11, 19), run_id="close")
        found = feeds.ask("select subject_id, break_type from settlement.breaks order by 1")
        assert found == [("O1", "order_not_answered"), ("X", "answer_without_order")]
    feeds.send("Counter_party", [b"CONFIRM,O1"], partition=0)
    capture(feeds)
    reasons = feeds.ask("select subject_id, resolved_reason from settlement.breaks order by 1")
    assert reasons == [("O1", "answered_late"), ("X", None)]


@pytest.mark.parametrize("sent_at", ["2026-11-20T20:03:00Z", "2026-11-21T12:00:00Z"])
def test_an_order_of_the_weekend_belongs_to_the_next_business_day(
    feeds: Feeds, sent_at: str
) -> None:
    order = f'{{"order_id":"O1","symbol":"SBI","quantity":1,"price":10,"ordered_at":"{sent_at}"}}'
    answer = f'{{"order_id":"O1","response":"CONFIRM","responded_at":"{sent_at}"}}'
    feeds.send("Counter_party", [answer.encode()], partition=0)
    feeds.send("Trade_Order", [order.encode()] * 2, partition=0)
    capture(feeds)
    monday = dt.date(2026, 11, 23)
    assert feeds.ask("select business_date, settlement_date from settlement.instructions") == [
        (monday, monday)
    ]
    counts = "select distinct business_date from control.received_counts"
    assert feeds.ask(counts) == feeds.ask("select business_date from landing.duplicates")


def test_an_answer_that_is_taken_back_is_a_break_at_once(feeds: Feeds) -> None:
    order = b'{"order_id": "O1", "symbol": "SBI", "quantity": 1, "price": 10}'
    feeds.send("Trade_Order", [order], partition=0)
    feeds.send("Counter_party", [b"CONFIRM,O1"], partition=0)
    capture(feeds)
    feeds.send("Counter_party", [b"REJECT,O1"], partition=0)
    capture(feeds)
    assert feeds.ask("select subject_id, break_type, actual_value from settlement.breaks") == [
        ("O1", "order_conflict", "response=REJECT")
    ]
    assert len(moved(feeds)[0]) == 1


@pytest.mark.parametrize(("second", "actual"), [(b"REJECT,O1,no", "REJECT"), (CONFIRM, None)])
def test_an_answer_by_name_is_held_against_one_that_named_none(
    feeds: Feeds, second: bytes, actual: str | None
) -> None:
    order = b'{"order_id": "O1", "symbol": "SBI", "quantity": 1, "price": 10}'
    feeds.send("Trade_Order", [order], partition=0)
    feeds.send("Counter_party", [CONFIRM], partition=0)
    capture(feeds)
    feeds.send("Counter_party", [second if actual else b"CONFIRM,O1"], partition=0)
    capture(feeds)
    feeds.ask("update trade.open_responses set due_at = now() returning 1")
    capture(feeds)
    told = "select subject_id, break_type, expected_value, actual_value from settlement.breaks"
    contradiction = ("O1", "order_conflict", "response=CONFIRM", "reason=no, response=REJECT")
    assert feeds.ask(told) == ([contradiction] if actual else [])
    assert len(moved(feeds)[0]) == 1


def test_an_answer_taken_back_on_a_later_date_is_told_with_the_first(feeds: Feeds) -> None:
    dated = '"order_id": "O1", "trade_date": "2026-11-19"'
    order = f'{{{dated}, "symbol": "SBI", "quantity": 1, "price": 10}}'
    feeds.send("Trade_Order", [order.encode()], partition=0)
    feeds.send("Counter_party", [f'{{{dated}, "response": "CONFIRM"}}'.encode()], partition=0)
    capture(feeds)
    later = b'{"order_id": "O1", "trade_date": "2026-11-20", "response": "REJECT"}'
    feeds.send("Counter_party", [later], partition=0)
    capture(feeds)
    # until then it may be about an order of its own date
    assert feeds.count("settlement.breaks") == 0
    feeds.ask("update trade.open_responses set due_at = now() returning 1")
    capture(feeds)
    told = "select subject_id, break_type, expected_value, actual_value from settlement.breaks"
    expected = "an order that waits, but the one of 2026-11-19 was confirmed before"
    assert feeds.ask(told) == [("O1", "answer_without_order", expected, "REJECT")]


CHILD = """
import json, sys
from posttrade.capture_rounds import CaptureRounds, RoundLimits
dsn, kafka_config = json.loads(sys.argv[1])
print("ready", flush=True)
limits = RoundLimits(lasts_s=60, idle_s=60, round_s=0.0, poll_s=0.02)
CaptureRounds(dsn, kafka_config, run_id="child", limits=limits).run()
"""


def test_killed_again_and_again_each_order_settles_once(feeds: Feeds) -> None:
    count = 60
    arguments = json.dumps([feeds.dsn, feeds.kafka_config])

    def begin() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, arguments], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        return child

    for turn in range(6):
        child = begin()
        orders: list[bytes | None] = []
        answers: list[bytes | None] = []
        for number in range(turn * 10, turn * 10 + 10):
            side = "SELL" if number % 3 == 0 else "BUY"
            order: dict[str, Any] = {"order_id": f"O{number}", "symbol": "SBI", "side": side}
            orders.append(json.dumps({**order, "quantity": 1 + number, "price": 9.85}).encode())
            answers.append(f"CONFIRM,O{number}".encode())
        feeds.send("Counter_party", answers, partition=0)
        feeds.send("Trade_Order", [*orders, *orders[:3]], partition=0)
        time.sleep(0.15 * turn)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    capture(feeds)
    ids = feeds.ask("select order_key from trade.order_outcomes order by 1")
    assert len(ids) == count
    assert feeds.ask("select count(*), count(distinct instruction_id) from settlement.events") == [
        (count, count)
    ]
    assert feeds.ask(LEDGER) == []
    # a crash may send a message twice, with the same id; each is written once
    messages = feeds.ask("select topic, count(*) from outbox.messages group by topic order by 1")
    assert messages == [("Cash_movement", count), ("Demat_allocation", count)]
    demat, cash = moved(feeds)
    assert (len({*demat}), len({*cash})) == (count, count)
