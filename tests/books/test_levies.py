"""What is owed to authorities for a day's trades stands in its P&L, once, and apart from fees."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from posttrade.settlement import charge_fees

from .desk import DAYS, Desk

MON, TUE, *_ = DAYS
AS_OF = dt.datetime(2026, 10, 20, 22, tzinfo=dt.timezone.utc)
BOOKED = {
    "brokerage_fee": Decimal("10.05"),  # a cent more than the tolerance lets pass: a break
    "clearing_fee": Decimal("0.25"),
    "exchange_fee": Decimal("0.80"),
}


def charge(desk: Desk, dsn: str, day: dt.date) -> None:
    """Compute the fees of a date in the desk's own transaction."""
    charge_fees(dsn, day, run_id="test", as_of=AS_OF, connection=desk.connection)


def explain(desk: Desk, day: dt.date) -> dict[str, Decimal]:
    desk.connection.execute(
        "insert into control.closes (business_date, is_business_day, last_run_id)"
        " values (%s, true, 'test') on conflict do nothing",
        (day,),
    )
    rows = desk.rows(
        "select name, base_amount from report.pnl_explain where business_date = %s", day
    )
    return {row["name"]: row["base_amount"] for row in rows}


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


def test_levies_stand_beside_booked_fees_and_add_up(desk: Desk, books_dsn: str) -> None:
    """Section 31 on a sale of 100,000 USD is 2.06 (20.60 per million, FR Doc 2026-04233); the TAF
    is nothing in October 2026 (SR-FINRA-2026-021). The trade is ours.
    """
    desk.set_method("FIFO")
    desk.mark(MON, 99)
    desk.book("S", MON, "SELL", 1000, 100, **BOOKED)
    desk.close(MON)
    told = only(desk.positions(MON))
    # not computed yet is not nothing
    assert (told["levy_amount"], told["fee_amount"]) == (None, Decimal("11.10"))
    assert (told["day_pnl_amount"], told["total_amount"]) == (1000, Decimal("988.90"))
    charge(desk, books_dsn, MON)
    # brokerage of a hundred thousandth: the fee that is booked too high is a break, and no levy
    breaks = "select break_type from settlement.breaks where subject_kind = 'FEE' order by 1"
    assert [row["break_type"] for row in desk.rows(breaks)] == ["brokerage_fee_mismatch"]
    row = only(desk.positions(MON))
    assert (row["levy_amount"], row["fee_amount"]) == (Decimal("2.06"), Decimal("11.10"))
    assert row["total_amount"] == row["day_pnl_amount"] - row["fee_amount"] - row["levy_amount"]
    assert row["unexplained_amount"] == 0
    assert (
        row["realised_to_date_amount"] + row["unrealised_amount"]
        == row["cash_flow_to_date_amount"] + row["market_value_amount"]
    )
    parts = explain(desk, MON)
    assert (parts["levies_not_booked"], parts["fees"]) == (Decimal("-2.06"), Decimal("-11.10"))
    assert sum(parts.values()) - parts["total"] == parts["total"]
    charge(desk, books_dsn, MON)
    assert only(desk.positions(MON)) == row


def test_a_correction_of_the_trade_corrects_its_levies(desk: Desk, books_dsn: str) -> None:
    desk.set_method("FIFO")
    desk.mark(MON, 99)
    desk.book("S", MON, "SELL", 1000, 100, **BOOKED)
    desk.close(MON)
    charge(desk, books_dsn, MON)
    known_at = only(desk.rows("select clock_timestamp() as now"))["now"]
    desk.book("S", MON, "BUY", 1000, 100, version=2, status="CORRECTED", **BOOKED)
    desk.close(MON)
    charge(desk, books_dsn, MON)
    assert only(desk.positions(MON))["levy_amount"] == 0
    # what was told is what it was
    assert only(desk.positions(MON, known_at))["levy_amount"] == Decimal("2.06")
