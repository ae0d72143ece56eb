"""Lots, P&L and interest as others have worked them out; each example names its source."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from .desk import DAYS, Desk

MON, TUE, WED, THU, FRI = DAYS
CENT = Decimal("0.01")
LATER = dt.datetime(2026, 10, 13, 13, tzinfo=dt.timezone.utc)


def state(desk: Desk, day: dt.date, known_at: Any = "infinity") -> dict[str, Any]:
    (row,) = desk.rows("select * from books.positions_as_of(%s, %s)", day, known_at)
    return row


@pytest.mark.parametrize(
    ("method", "basis"), [("FIFO", Decimal(5000)), ("AVERAGE", Decimal(9100) * 210 / 410)]
)
def test_mutual_fund_shares(desk: Desk, method: str, basis: Decimal) -> None:
    """160 shares at 25, 240 at 20, 10 at 30; 210 of 410 sold at 32.

    Source: US Internal Revenue Service, Publication 564 (2009), table 3: the basis is 5,000 by
    FIFO (all of the first and 50 of the second purchase), 210/410 of 9,100 by average basis.
    """
    desk.set_method(method)
    desk.book("1", MON, "BUY", 160, 25)
    desk.book("2", TUE, "BUY", 240, 20)
    desk.book("3", WED, "BUY", 10, 30)
    desk.book("4", THU, "SELL", 210, 32)
    desk.close(MON, TUE, WED, THU)
    found = state(desk, THU)
    assert found["quantity"] == 200
    assert found["realised_to_date_amount"].quantize(CENT) == (6720 - basis).quantize(CENT)
    assert found["cost_amount"].quantize(CENT) == (9100 - basis).quantize(CENT)


def test_short_sale_and_split_of_a_tax_case(desk: Desk) -> None:
    """Shares of IBM bought and sold in 1997: flat, long, a 2:1 split, short, and long again.

    Source: Isaac v. Commissioner, a memorandum opinion of the US Tax Court, table of 1997: bought
    100 for 15,287, sold 100 for 15,424; after the split sold 600 for 59,923, bought 200 for 20,500,
    400 for 38,975 and 200 for 20,237; first in, first out. The 100 shares that the year opens with
    and sells in January are left out: their cost is in another table.
    """
    desk.set_method("FIFO")
    desk.connection.execute("insert into reference.share_splits values ('IBM', %s, 2, 1)", (TUE,))
    trades = [
        (MON, "BUY", 100, Decimal("152.87")),
        (MON, "SELL", 100, Decimal("154.24")),
        (TUE, "SELL", 600, Decimal(59923) / 600),
        (WED, "BUY", 200, Decimal("102.50")),
        (THU, "BUY", 400, Decimal("97.4375")),
        (FRI, "BUY", 200, Decimal("101.185")),
    ]
    for number, (day, *fill) in enumerate(trades):
        at = dt.datetime.combine(day, dt.time(12, number), dt.timezone.utc)
        desk.book(f"T{number}", day, *fill, symbol="IBM", executed_at=at)
    desk.close(*DAYS)
    found = [state(desk, day) for day in DAYS]
    assert [row["side"] for row in found] == ["FLAT", "SHORT", "SHORT", "FLAT", "LONG"]
    earned = [round(row["realised_to_date_amount"], 2) for row in found]
    # 137 before the split; 59,923 - 20,500 - 38,975 = 448 on the short sale
    assert (earned[0], earned[3], earned[4]) == (137, 585, 585)
    assert desk.lots(FRI) == [("T5", 200, 20237)]


@pytest.mark.parametrize(("method", "left"), [("FIFO", 1420), ("LIFO", 1260), ("AVERAGE", 1368)])
def test_inventory_of_a_textbook(desk: Desk, method: str, left: int) -> None:
    """10 units at 91, 15 at 106; 20 sold; 20 at 115, 10 at 119; 23 sold: 12 are left.

    Source: J. Wild, K. Shaw, B. Chiappetta, Fundamental Accounting Principles, chapter on
    inventories (perpetual system): FIFO leaves 1,420; the other two follow by the same table.
    """
    desk.set_method(method)
    desk.book("1", MON, "BUY", 10, 91)
    desk.book("2", TUE, "BUY", 15, 106)
    desk.book("3", TUE, "SELL", 20, 150, executed_at=LATER)
    desk.book("4", WED, "BUY", 20, 115)
    desk.book("5", THU, "BUY", 10, 119)
    desk.book("6", FRI, "SELL", 23, 150)
    desk.close(*DAYS)
    assert (state(desk, FRI)["quantity"], state(desk, FRI)["cost_amount"]) == (12, left)
    assert sum(cost for _, _, cost in desk.lots(FRI)) == left


def test_a_split_keeps_the_cost(desk: Desk) -> None:
    """100 shares at 10 are 200 at 5 after a 2-for-1 split: the basis of the whole stays.

    Source: US Internal Revenue Service, Publication 550, section on stock dividends and splits.
    """
    desk.connection.execute("insert into reference.share_splits values ('KO', %s, 2, 1)", (WED,))
    desk.set_method("FIFO")
    desk.book("1", MON, "BUY", 100, 10, symbol="KO")
    desk.close(MON)
    # nothing happens to it on the day itself, and it is split all the same
    held = [(row["quantity"], row["cost_amount"]) for row in (state(desk, d) for d in DAYS)]
    assert held == [(100, 1000)] * 2 + [(200, 1000)] * 3
    assert desk.lots(WED) == [("1", 200, 1000)]
    desk.book("2", THU, "SELL", 50, 6, symbol="KO")
    desk.close(THU)
    assert state(desk, THU)["realised_to_date_amount"] == 50
    assert state(desk, THU)["contractual_quantity"] == 200


def ask_interest(
    desk: Desk, day: str, rate: str, per_year: int, maturity: str, day_count: str
) -> tuple[Decimal, Decimal]:
    (row,) = desk.rows(
        "select * from books.coupon_interest(%s::date, %s::numeric, %s, %s::date, %s)",
        day, rate, per_year, maturity, day_count,
    )  # fmt: skip
    return row["accrued_interest"], row["interest_to_date"]


@pytest.mark.parametrize(("day_count", "accrued"), [("30/360", "9.44"), ("ACT/ACT", "9.53")])
def test_accrued_interest_of_a_study_guide(desk: Desk, day_count: str, accrued: str) -> None:
    """A 4 % bond of 1,000 that pays each 15 May, settled on 10 August: 85/360 and 87/365 of 40.

    Source: example "Accrued interest" of a study guide for the CFA curriculum (fixed income).
    """
    found, _ = ask_interest(desk, "2021-08-10", "40", 1, "2025-05-15", day_count)
    assert found.quantize(CENT) == Decimal(accrued)


@pytest.mark.parametrize("maturity", ["2031-05-15", "2030-02-28", "2029-08-31", "2031-11-30"])
@pytest.mark.parametrize("day_count", ["30/360", "ACT/ACT"])
def test_interest_is_quantlibs(desk: Desk, maturity: str, day_count: str) -> None:
    """Against QuantLib's day counts over its own schedule, and growing from day to day."""
    import QuantLib as ql  # noqa: N813 - as its own examples do

    end = ql.Date(*(int(part) for part in reversed(maturity.split("-"))))
    schedule = ql.Schedule(
        end - ql.Period(10, ql.Years), end,
        ql.Period(ql.Semiannual), ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted,
        ql.DateGeneration.Backward, ql.Date.isEndOfMonth(end),
    )  # fmt: skip
    counts = {
        "30/360": ql.Thirty360(ql.Thirty360.BondBasis),
        "ACT/ACT": ql.ActualActual(ql.ActualActual.ISMA, schedule),
    }
    dates = list(schedule)
    last = None
    for offset in range(0, 420, 7):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=offset)
        accrued, to_date = ask_interest(desk, str(day), "4.25", 2, maturity, day_count)
        on = ql.Date(day.day, day.month, day.year)
        start = max(date for date in dates if date <= on)
        stop = min(date for date in dates if date > on)
        years = counts[day_count].yearFraction(start, on, start, stop)
        assert float(accrued) == pytest.approx(4.25 * years, abs=1e-9)
        assert last is None or to_date >= last
        last = to_date
