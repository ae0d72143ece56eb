"""Orders and answers that are wrong, refused or contradictory are breaks and move nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.conftest import Feeds
from tests.ingest.order_path import CONFIRM, LEDGER, capture, moved


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
