"""What was true and what was known, and what the P&L of a day is made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from .desk import DAYS, Desk

MON, TUE, WED, THU, FRI = DAYS


def known_now(desk: Desk) -> Any:
    return desk.rows("select clock_timestamp() as now")[0]["now"]


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


def behind(desk: Desk, *days: dt.date) -> None:
    for day in days:
        desk.connection.execute("insert into books.stale_dates values (%s)", (day,))


def test_a_mark_from_before_a_split_counts_in_units_after_it(desk: Desk) -> None:
    desk.connection.execute("insert into reference.share_splits values ('AAPL', %s, 2, 1)", (TUE,))
    desk.mark(MON, 10)
    desk.book("1", MON, "BUY", 100, 10)
    desk.close(MON, TUE)
    held = only(desk.positions(TUE))
    assert (held["closing_quantity"], held["mark_price"], held["mark_date"]) == (200, 5, MON)
    assert held["market_value_amount"] == 1000
    assert (held["day_pnl_amount"], held["total_amount"]) == (0, 0)
    desk.mark(TUE, "5.1")
    desk.close(TUE)
    assert only(desk.positions(TUE))["day_pnl_amount"] == 20


def test_a_later_settlement_date_is_no_other_quantity(desk: Desk) -> None:
    desk.book("1", MON, "BUY", 100, 10)
    desk.close(MON, TUE)
    held = "select quantity, contractual_quantity from books.positions_as_of(%s)"
    assert only(desk.rows(held, TUE)) == {"quantity": 100, "contractual_quantity": 100}
    desk.book("1", MON, "BUY", 100, 10, version=2, status="CORRECTED", settlement_date=WED)
    desk.close(MON, TUE)
    assert only(desk.rows(held, TUE)) == {"quantity": 100, "contractual_quantity": 0}
    assert only(desk.rows(held, WED)) == {"quantity": 100, "contractual_quantity": 100}


def test_what_was_true_and_what_was_known(desk: Desk) -> None:
    desk.set_method("FIFO")
    desk.mark(MON, 10)
    desk.mark(TUE, 12)
    desk.book("1", MON, "BUY", 100, 10)
    desk.close(MON)
    desk.close(TUE)
    before = known_now(desk)
    # on Wednesday we learn that Monday's trade was of 70
    desk.book("1", MON, "BUY", 70, 10, version=2, status="CORRECTED")
    behind(desk, MON)
    desk.mark(WED, 12)
    desk.close(WED)
    as_of = "select quantity, contractual_quantity from books.positions_as_of(%s, %s)"
    held = {
        (day, known): only(desk.rows(as_of, day, known))
        for day in (MON, TUE)
        for known in (before, "infinity")
    }
    assert [row["quantity"] for row in held.values()] == [100, 70, 100, 70]
    assert [row["contractual_quantity"] for row in held.values()] == [0, 0, 100, 70]
    assert desk.rows(as_of, MON, "2020-01-01") == []
    # Monday's and Tuesday's figures are still what they were when they were told
    assert only(desk.positions(TUE, before))["market_value_amount"] == 1200
    wednesday = only(desk.positions(WED))
    assert wednesday["opening_quantity"] == 70
    # 30 shares fewer earned 2 less each by Tuesday's close
    assert (wednesday["correction_amount"], wednesday["total_amount"]) == (-60, -60)
    assert wednesday["unexplained_amount"] == 0
    # told anew, the correction is where it belongs
    changed = "select count(*) from books.flow_changes where business_date = %s"
    assert only(desk.rows(changed, MON))["count"] == 2
    desk.close(MON, TUE)
    assert only(desk.rows(changed, TUE))["count"] == 2
    assert only(desk.positions(WED))["correction_amount"] == 0
    assert only(desk.positions(TUE))["total_amount"] == 140


def test_only_what_a_correction_touches_is_written(desk: Desk) -> None:
    desk.set_method("FIFO")
    for number, symbol in enumerate(("AAPL", "MSFT", "IBM")):
        for day in DAYS[:3]:
            desk.book(f"{day}-{number}", day, "BUY", 10, 5, symbol=symbol)
    desk.close(*DAYS[:3])
    count = "select max(update_id) as id from books.closing_positions"
    newest = only(desk.rows(count))["id"]
    desk.book(f"{TUE}-1", TUE, "BUY", 10, 6, symbol="MSFT", version=2, status="CORRECTED")
    behind(desk, TUE)
    desk.close(THU)
    written = desk.rows(
        "select h.symbol, c.business_date, c.cost_amount from books.closing_positions as c"
        " join books.holdings as h using (holding_id) where update_id > %s order by 2",
        newest,
    )
    assert [tuple(row.values()) for row in written] == [("MSFT", TUE, 110), ("MSFT", WED, 160)]


def test_no_mark_is_unpriced_and_never_zero(desk: Desk) -> None:
    desk.set_method("FIFO")
    desk.book("1", MON, "BUY", 10, 5, symbol="ORCL")
    desk.connection.execute("delete from reference.mark_sources where source_id = 'last_execution'")
    desk.close(MON)
    monday = only(desk.positions(MON))
    assert monday["market_value_amount"] is None
    assert monday["day_pnl_amount"] is None
    assert monday["unrealised_amount"] is None
    desk.mark(TUE, 6, symbol="ORCL")
    desk.close(TUE)
    tuesday = only(desk.positions(TUE))
    assert tuesday["market_value_amount"] == 60
    # nobody told where it stood before: 10 of P&L that no move of Tuesday's explains
    assert (tuesday["total_amount"], tuesday["unexplained_amount"]) == (10, 10)
    for day in (MON, TUE):
        desk.connection.execute(
            "insert into control.closes values (%s, true, now(), now(), 'test')", (day,)
        )
    book = only(desk.rows("select * from report.book_pnl where business_date = %s", TUE))
    assert book["is_over_limit"]
    desk.connection.execute("update reference.book_rules set unexplained_limit = 10")
    book = only(desk.rows("select * from report.book_pnl where business_date = %s", TUE))
    assert not book["is_over_limit"]
    book = only(desk.rows("select * from report.book_pnl where business_date = %s", MON))
    assert (book["unpriced_count"], book["market_value_amount"]) == (1, None)


def test_foreign_exchange_stands_apart(desk: Desk) -> None:
    """100 shares bought at 10.00 EUR with EUR/USD at 1.10; 11.00 and 1.20 the day after.

    In dollars 100 x 11.00 x 1.20 - 100 x 10.00 x 1.10 = 220: of it 100 x 1.00 x 1.20 = 120 is the
    share's, 1,000 x 0.10 = 100 the currency's. Translation at the rate of the closing date is what
    IAS 21, paragraph 23, asks of monetary items.
    """
    desk.set_method("FIFO")
    desk.book("1", MON, "BUY", 100, 10, symbol="SAP.DE", currency="EUR", brokerage_fee=Decimal(5))
    for day, price, rate in ((MON, "10", "1.10"), (TUE, "11", "1.20")):
        desk.mark(day, price, symbol="SAP.DE", currency="EUR")
        desk.mark(day, rate, symbol="EURUSD")
        desk.close(day)
        desk.connection.execute(
            "insert into control.closes values (%s, true, now(), now(), 'test')", (day,)
        )
    monday, tuesday = (only(desk.positions(day)) for day in (MON, TUE))
    assert (monday["fx_base_amount"], monday["total_base_amount"]) == (0, Decimal("-5.5"))
    assert (tuesday["fx_base_amount"], tuesday["total_base_amount"]) == (100, 220)
    parts = desk.rows(
        "select name, base_amount from report.pnl_explain where business_date = %s order by number",
        TUE,
    )
    amounts = {row["name"]: row["base_amount"] for row in parts}
    assert amounts.pop("total") == sum(amounts.values()) == 220
    assert (amounts["opening_positions"], amounts["foreign_exchange"]) == (120, 100)


def test_interest_is_carry_and_multipliers_count(desk: Desk) -> None:
    """A 7.3 % ACT/ACT bond earns what its days bring, whatever was paid for what had accrued."""
    desk.set_method("FIFO")
    desk.connection.execute(
        "insert into reference.instrument_terms values"
        " ('US10Y', 1, 7.3, 2, '2034-11-15', 'ACT/ACT'), ('ESZ6', 50, null, null, null, null)"
    )
    desk.book("1", MON, "BUY", 100, 98, symbol="US10Y", settlement_date=TUE)
    desk.book("2", MON, "BUY", 2, 6000, symbol="ESZ6", currency="USD")
    for day in (MON, TUE, WED):
        desk.mark(day, 98, symbol="US10Y")
        desk.mark(day, 6000 + 10 * (day - MON).days, symbol="ESZ6")
        desk.close(day)
    bond = [desk.positions(day)[1] for day in (MON, TUE, WED)]
    half_year = (dt.date(2026, 11, 15) - dt.date(2026, 5, 15)).days
    per_day = 365 / Decimal(half_year)  # 100 x 3.65 over the days of the period
    assert [row["carry_amount"].quantize(Decimal("0.000001")) for row in bond] == [
        0, per_day.quantize(Decimal("0.000001")), per_day.quantize(Decimal("0.000001"))
    ]  # fmt: skip
    days = (dt.date(2026, 10, 15) - dt.date(2026, 5, 15)).days
    assert bond[2]["accrued_amount"].quantize(Decimal("0.000001")) == (
        (per_day * days).quantize(Decimal("0.000001"))
    )
    future = [desk.positions(day)[0] for day in (MON, TUE, WED)]
    assert [row["day_pnl_amount"] for row in future] == [0, 1000, 1000]
    assert all(row["unexplained_amount"] == 0 for row in bond + future)


def test_interest_counts_times_the_multiplier(desk: Desk) -> None:
    """A nominal of 10,000 quoted in hundredths is the bond of 100 quoted in units."""
    desk.set_method("FIFO")
    desk.connection.execute(
        "insert into reference.instrument_terms values"
        " ('US10Y', 0.01, 7.3, 2, '2034-11-15', 'ACT/ACT'),"
        " ('US2Y', 1, 7.3, 2, '2034-11-15', 'ACT/ACT')"
    )
    for symbol, quantity in (("US10Y", 10_000), ("US2Y", 100)):
        desk.book(symbol, MON, "BUY", quantity, 98, symbol=symbol, settlement_date=TUE)
        for day in (MON, TUE, WED):
            desk.mark(day, 98, symbol=symbol)
    desk.close(MON, TUE, WED)
    for day in (MON, TUE, WED):
        hundredths, units = desk.positions(day)
        for amount in ("accrued_amount", "carry_amount", "day_pnl_amount"):
            assert hundredths[amount] == units[amount]
        assert hundredths["unexplained_amount"] == 0
    assert units["carry_amount"] > 0


def test_a_method_changes_from_its_date_on(desk: Desk) -> None:
    desk.set_method("FIFO")
    desk.set_method("AVERAGE", since=str(WED))
    for number, (day, price) in enumerate(((MON, 10), (TUE, 20), (WED, 30))):
        desk.book(str(number), day, "BUY", 1, price)
    desk.book("S", THU, "SELL", 1, 50)
    desk.close(*DAYS)
    assert desk.lots(TUE) == [("0", 1, 10), ("1", 1, 20)]
    assert desk.lots(WED) == [(None, 3, 60)]
    assert desk.lots(THU) == [(None, 2, 40)]


def test_running_positions_are_those_of_the_close(desk: Desk) -> None:
    desk.set_method("LIFO")
    desk.mark(MON, 10)
    desk.mark(TUE, 13)
    desk.book("1", MON, "BUY", 10, 9)
    desk.close(MON)
    desk.book("2", TUE, "SELL", 25, 12, brokerage_fee=Decimal(1))
    running = only(desk.rows("select * from books.running_positions(%s)", TUE))
    desk.close(TUE)
    closed = only(desk.positions(TUE))
    assert (running["side"], running["quantity"]) == ("SHORT", closed["closing_quantity"])
    same = ("opening_quantity", "cash_flow_amount", "day_pnl_amount", "market_value_amount",
            "opening_value_amount", "fee_amount")  # fmt: skip
    assert [running[name] for name in same] == [closed[name] for name in same]


def test_accounting_is_compared_by_book(desk: Desk) -> None:
    """The feed's rule, price x quantity - commission, added up for each book."""
    for number in ("1", "2", "3"):
        desk.book(number, MON, "BUY", 10, 5)
    desk.connection.execute(
        "insert into control.closes values (%s, true, now(), now(), 'test')", (MON,)
    )
    for number, booked in (("1", 49), ("2", 47)):
        desk.connection.execute(
            "insert into trade.pnl_snapshots values (%s, %s, 1, %s, 1, 'USD', 'BOOKED', '{}', 1,"
            " 'pnl_snapshot', 0, 1, now())",
            (MON, number, booked),
        )
    row = only(desk.rows("select * from books.accounting_by_book(%s)", MON))
    assert (row["trade_count"], row["booked_count"]) == (3, 2)
    assert (row["own_amount"], row["accounting_amount"], row["delta_amount"]) == (98, 96, -2)


def test_a_mark_that_is_told_otherwise_makes_later_packs_out_of_date(desk: Desk) -> None:
    desk.set_method("FIFO")
    desk.mark(MON, 10)
    desk.book("1", MON, "BUY", 100, 10)
    desk.close(MON, TUE)
    changes = "select count(*) from books.flow_changes where business_date = %s"
    desk.close(MON)
    assert only(desk.rows(changes, MON))["count"] == 1
    desk.mark(MON, 11)
    # what was told stays told until the date is closed again
    assert only(desk.positions(MON))["market_value_amount"] == 1000
    desk.close(MON)
    assert only(desk.positions(MON))["market_value_amount"] == 1100
    assert only(desk.rows(changes, MON))["count"] == 2
