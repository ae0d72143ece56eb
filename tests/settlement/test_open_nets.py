"""Where a netted trade stands, and what becomes of a net that stays open.

The rules are published by those whom the tests name; trades, prices and sums are ours.
"""

from __future__ import annotations

import datetime as dt

import pytest

from .desk import NEXT_DAY, Desk
from .nets import DAY, MONDAY, STATES, agree, book, hold, legs, mark, release


def test_an_open_fail_is_taken_up_and_marked_to_market(desk: Desk) -> None:
    """Trades due are netted further with what stayed open, and what stayed open is marked to the
    market each day (DTCC, Continuous Net Settlement).
    """
    book(desk, "T1", "BUY", 100, "10")
    desk.follow()
    desk.net()
    hold(desk, "EQ-PRIME")
    assert desk.settle() == (2, 1)
    # the counterparty has delivered, the centre owes us
    assert desk.balances()["NSCC", "AAPL"] == 100
    release(desk)
    mark(desk, NEXT_DAY, "10.50")
    desk.connection.execute("savepoint before")
    book(desk, "T2", "SELL", 30, "11", settlement_date=NEXT_DAY + DAY)
    desk.follow()
    assert desk.net(NEXT_DAY + DAY) == (2, 3)
    # what was due at 1000 is due at 1050, and 50 come back at once
    assert legs(desk, NEXT_DAY + DAY) == {
        ("EQ-PRIME", "NSCC", "AAPL", 70, "USD", 1050 - 330),
        ("NSCC", "ALDER", "AAPL", -30, "USD", -330),
    }
    assert legs(desk, NEXT_DAY + DAY, "MARK") == {("EQ-PRIME", "NSCC", None, None, "USD", -50)}
    assert desk.settle(NEXT_DAY + DAY) == (3, 3)
    assert desk.balances() == {
        ("EQ-PRIME", "AAPL"): 70,
        ("EQ-PRIME", "USD"): -670,
        ("ALDER", "AAPL"): -70,
        ("ALDER", "USD"): 670,
    }


def test_a_netted_trade_stands_where_our_legs_stand(desk: Desk) -> None:
    """A trade is settled when what its net delivers and pays of it is, not when it is netted."""
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "SELL", 40, "10", counterparty_id="BRIAR")
    book(desk, "T3", "SELL", 4, "7", symbol="MSFT")
    book(desk, "T4", "BUY", 4, "8", symbol="MSFT")
    desk.follow()
    desk.net()
    assert {row[1] for row in desk.rows(STATES)} == {"INSTRUCTED"}
    hold(desk, "EQ-PRIME")
    desk.connection.execute(
        "update settlement.holds set released_act_id = 1000000 where instruction_id in"
        " (select instruction_id from settlement.net_legs where symbol is null)"
    )
    desk.settle()
    # the centre and the counterparties have settled among themselves; of ours only the money that
    # is left of what is even in securities
    assert desk.rows(STATES) == [
        ("T1", "FAILING", None),
        ("T2", "FAILING", None),
        ("T3", "SETTLED", NEXT_DAY),
        ("T4", "SETTLED", NEXT_DAY),
    ]
    release(desk)
    # the next net takes up the open leg, and is held too
    book(desk, "T5", "SELL", 10, "11", settlement_date=NEXT_DAY + DAY)
    desk.follow()
    assert desk.net(NEXT_DAY + DAY) == (2, 2)
    assert {row[0]: row[1] for row in desk.rows(STATES)} == {
        "T1": "INSTRUCTED",
        "T2": "INSTRUCTED",
        "T3": "SETTLED",
        "T4": "SETTLED",
        "T5": "INSTRUCTED",
    }
    assert desk.settle(NEXT_DAY + DAY) == (2, 2)
    assert [row[2] for row in desk.rows(STATES) if row[0] in ("T1", "T2", "T5")] == [
        NEXT_DAY + DAY
    ] * 3


def test_trades_that_a_net_makes_even_have_settled(desk: Desk) -> None:
    book(desk, "T1", "BUY", 4, "7")
    book(desk, "T2", "SELL", 4, "7")
    desk.follow()
    assert desk.net() == (2, 0)
    assert desk.rows(STATES) == [("T1", "SETTLED", NEXT_DAY), ("T2", "SETTLED", NEXT_DAY)]


@pytest.mark.parametrize("held", ["USD", "JPY"])
def test_an_exchange_of_currencies_waits_for_both(desk: Desk, held: str) -> None:
    day = dt.date(2026, 10, 16)
    book(
        desk,
        "T1",
        "BUY",
        1000,
        "150",
        symbol="USDJPY",
        asset_class="FX",
        currency="JPY",
        settlement_date=day,
    )
    desk.follow()
    desk.net(day)
    assert desk.rows(STATES) == [("T1", "INSTRUCTED", None)]
    desk.connection.execute(
        "insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)"
        " select instruction_id, settlement_date, 'said_a_person', 1 from settlement.net_legs"
        " where account = 'EQ-PRIME' and currency = %s",
        (held,),
    )
    desk.settle(day)
    assert desk.rows(STATES) == [("T1", "FAILING", None)]
    release(desk)
    desk.settle(MONDAY)
    assert desk.rows(STATES) == [("T1", "SETTLED", MONDAY)]


def test_a_trade_netted_between_two_parties_waits_for_its_payment(desk: Desk) -> None:
    agree(desk, "BILATERAL", counterparty="ALDER")
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "SELL", 4, "10", symbol="MSFT")
    desk.follow()
    desk.net()
    assert {row[1] for row in desk.rows(STATES)} == {"INSTRUCTED"}
    desk.settle()
    assert {row[1:] for row in desk.rows(STATES)} == {("SETTLED", NEXT_DAY)}


def test_without_a_mark_a_fail_stays_at_what_was_agreed(desk: Desk) -> None:
    book(desk, "T1", "BUY", 100, "10")
    desk.follow()
    desk.net()
    hold(desk, "EQ-PRIME")
    desk.settle()
    release(desk)
    desk.net(NEXT_DAY + DAY)
    assert legs(desk, NEXT_DAY + DAY) == {("EQ-PRIME", "NSCC", "AAPL", 100, "USD", 1000)}
    found = (
        "select status, symbol, exposure_amount from settlement.breaks"
        " where break_type = 'mark_missing'"
    )
    assert desk.rows(found) == [("OPEN", "AAPL", 1000)]
    hold(desk, "EQ-PRIME")
    desk.settle(NEXT_DAY + DAY)
    release(desk)
    mark(desk, NEXT_DAY, "10.50")
    desk.net(MONDAY)
    assert [row[0] for row in desk.rows(found)] == ["RESOLVED"]
    assert legs(desk, MONDAY, "MARK") == {("EQ-PRIME", "NSCC", None, None, "USD", -50)}
