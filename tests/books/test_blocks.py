"""A block stands in the books of the accounts to which it is allocated, and not in its own."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import charge_fees, load_allocations

from .desk import DAYS, Desk

MON, TUE, WED, *_ = DAYS
FEES = {"brokerage_fee": Decimal("1.00"), "clearing_fee": Decimal("0.25")}
STATES = (
    "select account, quantity, cost_amount, cash_flow_to_date_amount, fee_to_date_amount"
    " from books.positions_as_of(%s, %s) where quantity <> 0 or cash_flow_to_date_amount <> 0"
    " order by account"
)


def allocate(desk: Desk, dsn: str, **parts: object) -> None:
    """The whole allocation of the block B, from the next file."""
    lines = [f"{MON},B,{account},{quantity}\n" for account, quantity in parts.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "allocations.csv"
        path.write_text("trade_date,trade_id,account,quantity\n" + "".join(lines), encoding="utf-8")
        load_allocations(dsn, path, run_id="test", connection=desk.connection)


def read_states(desk: Desk, day: dt.date, known_at: Any = "infinity") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in desk.rows(STATES, day, known_at)]


def test_a_block_moves_to_its_accounts_as_of_its_trade_date(desk: Desk, books_dsn: str) -> None:
    desk.set_method("FIFO", account="*")
    desk.mark(MON, 12)
    desk.mark(TUE, 12)
    desk.book("B", MON, "BUY", 100, 10, account="BLOCK", **FEES)
    desk.close(MON)
    before = desk.rows("select clock_timestamp() as now")[0]["now"]
    assert read_states(desk, MON) == [("BLOCK", 100, 1000, -1000, Decimal("1.25"))]
    allocate(desk, books_dsn, A=60, C=15, D=25)
    assert desk.rows("select business_date from books.stale_dates") == [{"business_date": MON}]
    desk.close(TUE)
    moved = [
        ("A", 60, 600, -600, Decimal("0.75")),
        ("C", 15, 150, -150, Decimal("0.19")),
        ("D", 25, 250, -250, Decimal("0.31")),
    ]
    assert read_states(desk, MON) == read_states(desk, TUE) == moved
    # what was known is what it was
    assert read_states(desk, MON, before) == [("BLOCK", 100, 1000, -1000, Decimal("1.25"))]
    # the day after takes back what the block's own book was told to have earned
    told = {row["account"]: row["correction_amount"] for row in desk.positions(TUE)}
    assert told["BLOCK"] == -(200 - Decimal("1.25"))
    assert sum(told.values()) == 0
    desk.close(MON, TUE)
    (row,) = (row for row in desk.positions(MON) if row["account"] == "A")
    assert (row["day_pnl_amount"], row["fee_amount"]) == (120, Decimal("0.75"))
    assert {row["account"] for row in desk.positions(MON)} == {"A", "C", "D"}
    lots = desk.rows("select account, trade_id, quantity from books.open_lots(%s) order by 1", TUE)
    assert [tuple(row.values()) for row in lots] == [("A", "B", 60), ("C", "B", 15), ("D", "B", 25)]


def test_a_corrected_block_goes_back_until_it_is_allocated_anew(desk: Desk, books_dsn: str) -> None:
    desk.set_method("FIFO", account="*")
    desk.book("B", MON, "BUY", 100, 10, account="BLOCK")
    allocate(desk, books_dsn, A=60, C=40)
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("A", 60), ("C", 40)]
    # a price keeps the allocation, a quantity does not fit it any more
    desk.book("B", MON, "BUY", 100, 11, account="BLOCK", version=2, status="CORRECTED")
    desk.close(MON)
    assert [row[:3] for row in read_states(desk, MON)] == [("A", 60, 660), ("C", 40, 440)]
    desk.book("B", MON, "BUY", 90, 11, account="BLOCK", version=3, status="CORRECTED")
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("BLOCK", 90)]
    allocate(desk, books_dsn, A=50, C=40)
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("A", 50), ("C", 40)]
    desk.book("B", MON, "BUY", 90, 11, account="BLOCK", version=4, status="CANCELLED")
    desk.close(MON)
    assert read_states(desk, MON) == []


def test_what_is_no_block_or_stays_in_part_is_not_moved(desk: Desk, books_dsn: str) -> None:
    desk.set_method("FIFO", account="*")
    desk.book("B", MON, "BUY", 100, 10, account="HOUSE")
    allocate(desk, books_dsn, A=100)
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("HOUSE", 100)]
    desk.book("B", MON, "BUY", 100, 10, account="BLOCK", version=2, status="CORRECTED")
    allocate(desk, books_dsn, A=60, BLOCK=40)
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("BLOCK", 100)]
    allocate(desk, books_dsn, A=60)
    desk.close(MON)
    assert [row[:2] for row in read_states(desk, MON)] == [("BLOCK", 100)]


def test_levies_of_a_block_are_shared_to_the_cent(desk: Desk, books_dsn: str) -> None:
    """Section 31 on 100,000 USD is 2.06 (20.60 per million, FR Doc 2026-04233)."""
    desk.set_method("FIFO", account="*")
    desk.book("B", MON, "SELL", 1000, 100, account="BLOCK")
    allocate(desk, books_dsn, A=333, C=333, D=334)
    desk.close(MON)
    as_of = dt.datetime(2026, 10, 20, 22, tzinfo=dt.timezone.utc)
    charge_fees(books_dsn, MON, run_id="test", as_of=as_of, connection=desk.connection)
    levies = {row["account"]: row["levy_amount"] for row in desk.positions(MON)}
    assert levies == {"A": Decimal("0.69"), "C": Decimal("0.68"), "D": Decimal("0.69")}


parts = st.dictionaries(st.sampled_from("ACD"), st.integers(1, 40), min_size=1)


@settings(max_examples=15, deadline=None)
@given(first=parts, last=parts, order=st.permutations(["trade", "first", "last"]), data=st.data())
def test_the_order_of_arrival_does_not_matter(
    books_dsn: str, first: dict[str, int], last: dict[str, int], order: list[str], data: Any
) -> None:
    if order.index("last") < order.index("first"):
        order.remove("first")  # the newest allocation counts: there is no older one after it
    quantity = sum(last.values())
    found = []
    for steps in (order, ["trade", "last"]):
        with connect(books_dsn) as connection:
            desk = Desk(connection)
            desk.set_method("AVERAGE", account="*")
            desk.mark(MON, 7)
            for step in steps:
                if step == "trade":
                    desk.book("B", MON, "BUY", quantity, 10, account="BLOCK", **FEES)
                    desk.connection.execute(
                        "insert into books.stale_dates select business_date from books.updates"
                        " on conflict do nothing"
                    )
                else:
                    allocate(desk, books_dsn, **(first if step == "first" else last))
                if data.draw(st.booleans()):
                    desk.close(MON)
            desk.close(WED)
            desk.close(MON)
            found.append(read_states(desk, WED))
            connection.rollback()
    assert found[0] == found[1]
    assert {row[0]: row[1] for row in found[0]} == last
    assert sum(row[4] for row in found[0]) == Decimal("1.25")
