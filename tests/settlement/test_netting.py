"""What is due between the same parties settles as one difference, and nobody gets less by it.

The rules are published by those whom the tests name; trades, prices and sums are ours.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from posttrade.errors import InvariantBroken
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk
from .nets import DAY, agree, book, legs, release


def test_a_central_counterparty_takes_both_sides(desk: Desk) -> None:
    """Positions are netted by issue to one net long or net short position of each member, against
    the central counterparty (DTCC, Continuous Net Settlement; CPSS, A glossary of terms used in
    payments and settlement systems, 2003: novation, multilateral netting).
    """
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "SELL", 60, "11", counterparty_id="BRIAR")
    book(desk, "T3", "SELL", 10, "12")
    book(desk, "T4", "BUY", 5, "7", symbol="MSFT")
    book(desk, "T5", "SELL", 5, "8", symbol="MSFT")
    desk.follow()
    assert desk.net() == (5, 5)
    assert legs(desk) == {
        ("EQ-PRIME", "NSCC", "AAPL", 30, "USD", 220),
        ("NSCC", "ALDER", "AAPL", 90, "USD", 880),
        ("NSCC", "BRIAR", "AAPL", -60, "USD", -660),
        ("EQ-PRIME", "NSCC", None, None, "USD", -5),
        ("NSCC", "ALDER", None, None, "USD", -5),
    }
    assert desk.net() == (0, 0)
    assert desk.settle() == (5, 5)
    assert desk.settle() == (0, 0)
    # the centre keeps nothing
    assert desk.balances() == {
        ("EQ-PRIME", "AAPL"): 30,
        ("EQ-PRIME", "USD"): -215,
        ("ALDER", "AAPL"): -90,
        ("ALDER", "USD"): 875,
        ("BRIAR", "AAPL"): 60,
        ("BRIAR", "USD"): -660,
    }


def test_two_parties_net_by_instrument_and_currency(desk: Desk) -> None:
    """Bilateral netting is an arrangement between two parties, multilateral among three or more
    (CPSS, A glossary of terms used in payments and settlement systems, 2003); securities and funds
    both on a net basis are model 3 of Delivery versus payment in securities settlement systems
    (CPSS, 1992).
    """
    agree(desk, "BILATERAL", counterparty="ALDER")
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "SELL", 40, "11")
    book(desk, "T3", "SELL", 7, "20", symbol="MSFT")
    book(desk, "T4", "BUY", 1, "1000", currency="JPY")
    desk.follow()
    assert desk.net() == (4, 5)
    assert legs(desk) == {
        ("EQ-PRIME", "ALDER", "AAPL", 60, "USD", 0),
        ("EQ-PRIME", "ALDER", "MSFT", -7, "USD", 0),
        ("EQ-PRIME", "ALDER", None, None, "USD", 420),
        ("EQ-PRIME", "ALDER", "AAPL", 1, "JPY", 0),
        ("EQ-PRIME", "ALDER", None, None, "JPY", 1000),
    }
    # delivery of everything against payment of everything
    desk.connection.execute(
        "insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)"
        " select instruction_id, settlement_date, 'said_a_person', 1 from settlement.net_legs"
        " where symbol = 'MSFT'"
    )
    assert desk.settle() == (5, 2)
    release(desk)
    assert desk.settle(NEXT_DAY + DAY) == (3, 3)


def test_payments_are_netted_through_a_centre(desk: Desk) -> None:
    """Each member pays or is paid only the net of all its obligations in a currency (CLS Group, How
    CLSSettlement works: funding on a multilateral netted basis).
    """
    spot = {
        "symbol": "USDJPY",
        "asset_class": "FX",
        "currency": "JPY",
        "settlement_date": dt.date(2026, 10, 16),
    }
    book(desk, "T1", "BUY", 1000, "150", **spot)
    book(desk, "T2", "SELL", 1000, "151", counterparty_id="BRIAR", **spot)
    desk.follow()
    assert desk.net(dt.date(2026, 10, 16)) == (2, 5)
    assert legs(desk, dt.date(2026, 10, 16)) == {
        ("EQ-PRIME", "CLS", None, None, "JPY", -1000),
        ("CLS", "ALDER", None, None, "USD", -1000),
        ("CLS", "ALDER", None, None, "JPY", 150000),
        ("CLS", "BRIAR", None, None, "USD", 1000),
        ("CLS", "BRIAR", None, None, "JPY", -151000),
    }


@pytest.mark.parametrize("has_settled", [False, True])
def test_a_correction_after_netting_is_netted_anew(desk: Desk, has_settled: bool) -> None:
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "BUY", 20, "10")
    desk.follow()
    assert desk.net() == (2, 2)
    if has_settled:
        desk.settle()
    book(desk, "T1", "BUY", 90, "10", version=2, status="CORRECTED")
    assert desk.follow() == (1, 1)
    # until the next run the ledger stands as it was
    assert (desk.balances() != {}) == has_settled
    day = NEXT_DAY + DAY if has_settled else NEXT_DAY
    assert desk.net(day) == (1, 4)
    desk.settle(day)
    assert desk.balances() == {
        ("EQ-PRIME", "AAPL"): 110,
        ("EQ-PRIME", "USD"): -1100,
        ("ALDER", "AAPL"): -110,
        ("ALDER", "USD"): 1100,
    }
    assert desk.net(day) == (0, 0)
    check_ledger(desk.dsn, day, run_id="test", connection=desk.connection)


def test_what_is_held_or_agreed_otherwise_stays_gross(desk: Desk) -> None:
    agree(desk, "GROSS", counterparty="BRIAR")
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "BUY", 1, "10", counterparty_id="BRIAR")
    book(desk, "T3", "BUY", 1, "10")
    desk.follow()
    desk.unmatch("T3")
    desk.follow()
    assert desk.net() == (1, 2)
    assert desk.settle() == (4, 3)
    assert desk.states()["T3"] == "FAILING"
    desk.match("T3")
    desk.follow()
    # a day late, it is netted a day late
    assert desk.net(NEXT_DAY + DAY) == (1, 2)


def test_the_gross_stays_behind_its_net(desk: Desk) -> None:
    book(desk, "T1", "BUY", 100, "10")
    book(desk, "T2", "SELL", 100, "9")
    desk.follow()
    desk.net()
    assert desk.rows(
        "select agreement, subject_id, received_quantity, paid_amount"
        " from settlement.netted_instructions order by subject_id"
    ) == [("NSCC CNS", "T1", 100, 1000), ("NSCC CNS", "T2", -100, -900)]
    assert desk.rows("select * from settlement.unequal_nets") == []
    assert desk.rows(
        "select netting_method, agreement, counterparty_id, currency, gross_count, gross_value,"
        " net_count, net_value, saved_count, saved_value, saved_percent"
        " from settlement.netting_savings where settlement_date = %s",
        NEXT_DAY,
    ) == [("CENTRAL", "NSCC CNS", "NSCC", "USD", 4, 1900, 1, 100, 3, 1800, Decimal("94.74"))]


def test_netting_a_single_trade_saves_nothing_and_adds_nothing(desk: Desk) -> None:
    """A delivery against payment is two moves, as are the delivery and the payment of its net."""
    agree(desk, "BILATERAL")
    book(desk, "T1", "BUY", 100, "10")
    desk.follow()
    assert desk.net() == (1, 2)
    assert desk.rows(
        "select gross_count, gross_value, net_count, net_value, saved_count, saved_value"
        " from settlement.netting_savings where settlement_date = %s",
        NEXT_DAY,
    ) == [(2, 1000, 2, 1000, 0, 0)]
    assert desk.rows("select subject_id from settlement.netted_instructions") == [("T1",)]


def test_a_net_that_is_not_its_gross_is_found(desk: Desk) -> None:
    book(desk, "T1", "BUY", 100, "10")
    desk.follow()
    desk.net()
    desk.connection.execute("alter table settlement.instructions disable trigger user")
    desk.connection.execute(
        "update settlement.instructions set amount = 999 where account = 'EQ-PRIME'"
        " and purpose = 'NET'"
    )
    desk.settle()
    with pytest.raises(InvariantBroken, match="are not the sum of what is netted"):
        check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)
