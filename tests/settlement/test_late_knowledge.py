"""What comes late counts from the day on which it was known: not before, whatever runs when.

Euronext Securities, settlement discipline regime (under Delegated Regulation (EU) 2018/1229): the
settlement fail penalty applies from the intended settlement date, or from the matching date where
that is later. Late matching is penalised apart, which is not computed here.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, TRADE_DATE, Desk
from .fails import charge, mark
from .nets import agree

FRIDAY, MONDAY, TUESDAY, KNOWN_ON = (NEXT_DAY + dt.timedelta(days=n) for n in (1, 4, 5, 6))
PAST_DAYS = (FRIDAY, MONDAY, TUESDAY)


def sell(desk: Desk, quantity: int, **terms: Any) -> None:
    desk.book("T1", side="SELL", quantity=Decimal(quantity), price=Decimal(10), **terms)


def come_to(desk: Desk, day: dt.date) -> None:
    """The wall clock of the desk."""
    desk.as_of = dt.datetime.combine(day, dt.time(15), dt.timezone.utc)


def held_on(desk: Desk, day: dt.date) -> Decimal:
    """Our AAPL by the movements up to a day."""
    ((held,),) = desk.rows(
        "select coalesce(sum(l.amount), 0) from settlement.ledger_entries as l"
        " join settlement.accounts as a using (account_id)"
        " where a.account_name = 'EQ-PRIME' and l.asset = 'AAPL' and l.effective_on <= %s",
        day,
    )
    return Decimal(held)


def test_a_correction_of_what_settled_counts_from_its_day(desk: Desk) -> None:
    desk.give("AAPL", "100")
    sell(desk, 100)
    desk.follow()
    desk.settle()
    come_to(desk, KNOWN_ON)
    sell(desk, 90, version=2)
    desk.follow()
    for day in PAST_DAYS:  # left out until now
        assert desk.settle(day)[1] == 0
        assert desk.fails(day) == []
        assert held_on(desk, day) == -100
    assert desk.settle(KNOWN_ON)[1] == 1
    assert desk.fails(KNOWN_ON) == []
    assert held_on(desk, KNOWN_ON) == -90
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_its_fails_and_penalties_too(desk: Desk) -> None:
    """In the EU (T+2): due on Friday, known on Wednesday."""
    eu = {"symbol": "SAP.DE", "currency": "EUR", "settlement_date": FRIDAY}
    desk.give("SAP.DE", "100")
    sell(desk, 100, **eu)
    desk.follow()
    desk.settle(FRIDAY)
    come_to(desk, KNOWN_ON)
    sell(desk, 130, version=2, **eu)
    desk.follow()
    for day in (FRIDAY, MONDAY, TUESDAY, KNOWN_ON):
        desk.settle(day)
        mark(desk, "SAP.DE", day, "150")
        charge(desk, day)
    assert [day for day in (FRIDAY, MONDAY, TUESDAY) if desk.fails(day)] == []
    # its age is that of what is owed
    assert desk.fails(KNOWN_ON) == [("T1", "lack_of_securities", 30, 300, 3, "2-3")]
    assert desk.rows("select penalty_date, open_quantity from settlement.current_penalties") == [
        (KNOWN_ON, 30)
    ]


def test_a_new_settlement_date_that_is_past_when_it_is_known(desk: Desk) -> None:
    desk.give("AAPL", "100")
    sell(desk, 100)
    desk.follow()
    desk.settle()
    come_to(desk, KNOWN_ON)
    sell(desk, 100, version=2, settlement_date=MONDAY)
    desk.follow()
    for day in PAST_DAYS:
        desk.settle(day)
        assert desk.fails(day) == []
        assert held_on(desk, day) == -100
    desk.settle(KNOWN_ON)
    assert held_on(desk, KNOWN_ON) == -100
    assert desk.states() == {"T1": "SETTLED"}


def test_its_confirmation_may_come_another_day(desk: Desk) -> None:
    desk.give("AAPL", "100")
    sell(desk, 100)
    desk.follow()
    desk.settle()
    come_to(desk, TUESDAY)
    sell(desk, 130, version=2, matched=False)
    desk.follow()
    come_to(desk, KNOWN_ON)
    desk.match("T1", 2)
    desk.follow()
    for day in (*PAST_DAYS, KNOWN_ON):
        desk.settle(day)
    assert [day for day in PAST_DAYS if desk.fails(day)] == []
    assert len(desk.fails(KNOWN_ON)) == 1


def test_a_correction_of_what_failed_is_not_charged_twice(desk: Desk) -> None:
    desk.give("AAPL", "0")
    sell(desk, 100)
    desk.follow()
    for day in (NEXT_DAY, *PAST_DAYS):
        desk.settle(day)
    come_to(desk, KNOWN_ON)
    sell(desk, 90, version=2)
    desk.follow()
    desk.settle(KNOWN_ON)
    assert [desk.fails(day)[0][2] for day in (NEXT_DAY, *PAST_DAYS, KNOWN_ON)] == [
        100, 100, 100, 100, 90,
    ]  # fmt: skip
    assert all(len(desk.fails(day)) == 1 for day in (NEXT_DAY, *PAST_DAYS, KNOWN_ON))


def test_a_trade_that_comes_after_its_date_was_settled(desk: Desk) -> None:
    desk.give("AAPL", "0")
    desk.book("T0")
    desk.follow()
    desk.settle()
    come_to(desk, KNOWN_ON)
    sell(desk, 200)
    desk.book("T2", settlement_date=FRIDAY)
    desk.follow()
    for day in (NEXT_DAY, *PAST_DAYS):
        desk.settle(day)
        assert desk.fails(day) == []
    desk.settle(KNOWN_ON)
    assert desk.fails(KNOWN_ON) == []
    assert desk.states() == {"T0": "SETTLED", "T1": "SETTLED", "T2": "SETTLED"}


def test_history_that_is_loaded_before_its_days_are_settled_counts_as_always(desk: Desk) -> None:
    come_to(desk, KNOWN_ON)
    desk.give("AAPL", "0")
    sell(desk, 100)
    desk.follow()
    for day in (NEXT_DAY, FRIDAY):
        desk.settle(day)
        assert len(desk.fails(day)) == 1


def test_a_close_that_is_repeated_later_takes_back_when_it_was_known(desk: Desk) -> None:
    sell(desk, 100)
    desk.close()
    desk.settle()
    come_to(desk, KNOWN_ON)
    sell(desk, 90, version=2)
    desk.close()
    assert [held_on(desk, day) for day in (TRADE_DATE, NEXT_DAY, TUESDAY)] == [0, -100, -100]
    desk.settle(KNOWN_ON)
    assert held_on(desk, KNOWN_ON) == -90


def test_a_net_follows_from_the_day_on_which_it_was_known(desk: Desk) -> None:
    agree(desk, "BILATERAL")
    desk.give("AAPL", "40")
    sell(desk, 100)
    desk.book("T2", quantity=Decimal(60), price=Decimal(10))
    desk.follow()
    desk.net()
    desk.settle()
    come_to(desk, KNOWN_ON)
    desk.book("T2", version=2, status="CANCELLED", quantity=Decimal(60), price=Decimal(10))
    desk.follow()
    for day in PAST_DAYS:
        desk.net(day)
        desk.settle(day)
        assert desk.fails(day) == []
        assert held_on(desk, day) == -40
    desk.net(KNOWN_ON)
    desk.settle(KNOWN_ON)
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)
    # 100 to deliver, of which 40 are there
    assert held_on(desk, KNOWN_ON) == -40
    assert [fail[2] for fail in desk.fails(KNOWN_ON)] == [60]
    assert desk.fails(NEXT_DAY) == []
