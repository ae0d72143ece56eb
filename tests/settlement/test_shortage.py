"""Accounts that deliver and pay only what they have: who comes first, in which parts, and fails."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from posttrade.settlement import chase_fails, check_ledger

from .desk import NEXT_DAY, TRADE_DATE, Desk
from .nets import agree

FRIDAY = NEXT_DAY + dt.timedelta(days=1)
MONDAY = NEXT_DAY + dt.timedelta(days=4)
TUESDAY = NEXT_DAY + dt.timedelta(days=5)


def sell(desk: Desk, trade_id: str, quantity: str, price: str = "10", **terms: object) -> None:
    desk.book(trade_id, side="SELL", quantity=Decimal(quantity), price=Decimal(price), **terms)


def test_without_holdings_nothing_is_held_back(desk: Desk) -> None:
    sell(desk, "T1", "1000000")
    desk.follow()
    assert desk.settle() == (1, 1)
    assert desk.fails() == []


def test_what_is_there_settles_and_the_rest_stays_due(desk: Desk) -> None:
    desk.give("AAPL", "70")
    sell(desk, "T1", "100", "0.333")
    desk.follow()
    assert desk.settle() == (1, 0)
    # 70 x 0.333 of a whole of 33.30
    assert desk.parts() == {"T1": [(70, Decimal("23.31"))]}
    assert desk.states() == {"T1": "FAILING"}
    assert desk.fails() == [("T1", "lack_of_securities", 30, Decimal("9.99"), 0, "0")]
    before = desk.rows("select * from settlement.instruction_events order by 1, 3")
    assert desk.settle() == (1, 0)
    assert desk.rows("select * from settlement.instruction_events order by 1, 3") == before
    # next day more is there
    desk.book("T2", quantity=Decimal(30), settlement_date=FRIDAY)
    desk.follow()
    assert desk.settle(FRIDAY) == (2, 2)
    assert desk.parts()["T1"] == [(70, Decimal("23.31")), (30, Decimal("9.99"))]
    assert desk.balances()["EQ-PRIME", "AAPL"] == -70
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_the_last_part_takes_the_rounding(desk: Desk) -> None:
    """Three parts of a third of 100.00: 33.33, 33.34, 33.33 (half up of what is due in all)."""
    desk.give("AAPL", "1")
    sell(desk, "T1", "3", "33.3333")
    desk.follow()
    for day in (NEXT_DAY, FRIDAY, MONDAY):
        desk.book(f"B{day}", quantity=Decimal(1), settlement_date=day + dt.timedelta(days=3))
        desk.follow()
        desk.settle(day)
        desk.give("AAPL", "1", since=day + dt.timedelta(days=1))
    assert desk.parts()["T1"] == [
        (1, Decimal("33.33")), (1, Decimal("33.34")), (1, Decimal("33.33")),
    ]  # fmt: skip


def test_the_order_of_the_queue(desk: Desk) -> None:
    """Earliest intended date, then priority, then the larger, then the lower id."""
    desk.allow_parts(None)
    desk.allow_parts(None, "BRIAR", priority=1)
    sell(desk, "SMALL", "10")
    sell(desk, "LARGE", "40")
    sell(desk, "LARGE AGAIN", "40")
    sell(desk, "FIRST", "20", counterparty_id="BRIAR")
    sell(desk, "LATER", "5", settlement_date=FRIDAY)
    desk.give("AAPL", "61")
    desk.follow()
    desk.settle()
    # 20 first, then 40; the other 40 is passed over, and 10 too
    assert desk.states() == {
        "FIRST": "SETTLED",
        "LARGE": "SETTLED",
        "LARGE AGAIN": "FAILING",
        "SMALL": "FAILING",
        "LATER": "INSTRUCTED",
    }
    desk.settle(FRIDAY)
    assert desk.states()["LATER"] == "FAILING"
    desk.book("B1", quantity=Decimal(12), settlement_date=MONDAY)
    desk.follow()
    desk.settle(MONDAY)
    # 13 there: 40 is passed over, 10 is due longer than 5
    assert desk.states()["SMALL"] == "SETTLED"
    assert desk.states()["LATER"] == "FAILING"


def test_a_smaller_one_settles_where_the_larger_cannot(desk: Desk) -> None:
    desk.allow_parts(None)
    sell(desk, "T1", "100")
    sell(desk, "T2", "30")
    desk.give("AAPL", "99")
    desk.follow()
    assert desk.settle() == (2, 1)
    assert desk.states() == {"T1": "FAILING", "T2": "SETTLED"}


def test_parts_come_in_lots(desk: Desk) -> None:
    desk.allow_parts("25")
    sell(desk, "T1", "100")
    desk.give("AAPL", "60")
    desk.follow()
    desk.settle()
    assert desk.parts() == {"T1": [(50, 500)]}


def test_what_comes_in_is_delivered_in_the_same_cycle(desk: Desk) -> None:
    """A chain: securities come against cash that comes from securities that come."""
    desk.give("AAPL", "0")
    desk.give("MSFT", "10")
    desk.give("USD", "0", kind="CASH")
    desk.book("BUY", quantity=Decimal(10), price=Decimal(10))
    sell(desk, "SELL", "10", "11")
    sell(desk, "MSFT", "10", "10", symbol="MSFT")
    desk.follow()
    assert desk.settle() == (3, 3)
    assert desk.fails() == []
    assert desk.balances()["EQ-PRIME", "USD"] == 110


def test_cash_that_lacks(desk: Desk) -> None:
    desk.give("USD", "100.05", kind="CASH", credit=50)
    desk.book("T1", quantity=Decimal(20), price=Decimal("10.01"))
    desk.follow()
    desk.settle()
    # 14 x 10.01 = 140.14; 15 would be 150.15
    assert desk.parts() == {"T1": [(14, Decimal("140.14"))]}
    assert desk.fails() == [("T1", "lack_of_cash", 6, Decimal("60.06"), 0, "0")]


def test_a_control_overrides_what_holdings_say(desk: Desk) -> None:
    desk.give("AAPL", "1")
    rule = "insert into reference.inventory_controls values ('EQ-PRIME', %s, 'SECURITY', %s, %s)"
    desk.connection.execute(rule, ("*", TRADE_DATE, True))
    desk.connection.execute(rule, ("US", TRADE_DATE, False))
    sell(desk, "T1", "5")
    sell(desk, "T2", "5", symbol="MSFT")
    desk.follow()
    assert desk.settle() == (2, 2)
    desk.connection.execute(rule, ("US", FRIDAY, True))
    sell(desk, "T3", "5", symbol="MSFT", settlement_date=FRIDAY)
    desk.follow()
    assert desk.settle(FRIDAY) == (1, 0)
    assert [row[1] for row in desk.fails(FRIDAY)] == ["lack_of_securities"]


def test_a_past_day_run_again_delivers_nothing_twice(desk: Desk) -> None:
    desk.allow_parts(None)
    desk.give("AAPL", "60")
    sell(desk, "T1", "100")
    desk.follow()
    desk.settle()
    sell(desk, "T2", "60", settlement_date=FRIDAY)
    desk.follow()
    desk.settle(FRIDAY)
    assert desk.states() == {"T1": "FAILING", "T2": "SETTLED"}
    # comes late, was due on Thursday; what was there then is gone since
    sell(desk, "T3", "50")
    desk.follow()
    before = desk.fails(NEXT_DAY)
    desk.settle(NEXT_DAY)
    assert desk.states()["T3"] == "FAILING"
    assert desk.balances()["EQ-PRIME", "AAPL"] == -60
    assert desk.fails(NEXT_DAY)[0] == before[0]


def test_fails_age_over_settlement_days_and_days_without_a_cycle_are_caught_up(desk: Desk) -> None:
    desk.give("AAPL", "0")
    sell(desk, "T1", "100")
    desk.follow()
    desk.settle()
    desk.settle(MONDAY)
    assert [row[4:] for row in desk.fails(NEXT_DAY)] == [(0, "0")]
    assert [row[4:] for row in desk.fails(FRIDAY)] == [(1, "1")]
    # a Saturday is no day of fail, and settles nothing
    assert desk.fails(FRIDAY + dt.timedelta(days=1)) == []
    assert [row[4:] for row in desk.fails(MONDAY)] == [(2, "2-3")]
    desk.give("AAPL", "100", since=MONDAY)
    assert desk.settle(FRIDAY + dt.timedelta(days=1))[1] == 0
    assert desk.settle(TUESDAY) == (1, 1)
    assert desk.fails(TUESDAY) == []
    assert len(desk.fails(MONDAY)) == 1
    assert desk.rows(
        "select break_type, actual_value, status, resolved_reason from settlement.breaks"
    ) == [("settlement_fail", "lack_of_securities", "RESOLVED", "settled_late")]


def test_a_part_that_settled_is_taken_back_with_its_trade(desk: Desk) -> None:
    desk.give("AAPL", "70")
    sell(desk, "T1", "100")
    desk.follow()
    desk.settle()
    # held and released in between: it stands as instructed again
    desk.unmatch("T1")
    desk.follow()
    desk.match("T1")
    desk.follow()
    assert desk.states() == {"T1": "INSTRUCTED"}
    desk.book("T1", version=2, status="CANCELLED", side="SELL")
    desk.follow()
    assert desk.balances() == {}
    assert desk.states() == {"T1": "CANCELLED"}
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_fails_are_chased_once_at_each_step(desk: Desk) -> None:
    desk.give("AAPL", "0")
    sell(desk, "T1", "100")
    sell(desk, "T2", "100")
    desk.follow()

    def chase(date: dt.date) -> tuple[int, int]:
        desk.settle(date)
        counts = chase_fails(desk.dsn, date, run_id="test", connection=desk.connection)
        return counts.rows_in, counts.rows_out

    assert chase(NEXT_DAY) == (2, 2)
    assert chase(NEXT_DAY) == (0, 0)
    assert chase(FRIDAY) == (2, 2)
    assert chase(MONDAY) == (2, 2)
    assert desk.rows(
        "select distinct payload ->> 'addressee', payload ->> 'event', topic from outbox.messages"
        " order by 1"
    ) == [("counterparty", "CHASED", "breaks"), ("operations", "CHASED", "breaks")]
    assert desk.rows("select summary from control.alert_findings order by finding_id limit 1") == [
        (
            (
                "2 instructions with ALDER failed on the settlement date"
                " (lack of securities): chase operations"
            ),
        )
    ]
    assert chase(FRIDAY) == (0, 0)


def test_legs_of_a_bilateral_net_settle_together_or_not_at_all(desk: Desk) -> None:
    """What one leg of a net would have brought in is not delivered on when another is short."""
    agree(desk, "BILATERAL", counterparty="ALDER")
    desk.give("AAPL", "10")
    desk.give("MSFT", "0")
    sell(desk, "A", "100")
    desk.book("M", symbol="MSFT", quantity=Decimal(50), price=Decimal(10))
    sell(desk, "ON", "50", symbol="MSFT", counterparty_id="BRIAR")
    desk.follow()
    desk.net()
    desk.settle()
    # what ALDER would have delivered does not go on to BRIAR's centre
    assert not any(account == "EQ-PRIME" for account, _ in desk.balances())
    reasons = {row[1] for row in desk.fails()}
    assert reasons == {"lack_of_securities", "linked_leg_withheld"}
