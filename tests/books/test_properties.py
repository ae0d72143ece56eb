"""Any sequence of fills, corrections, cancellations, splits and closes, by any method: the books
are what an oracle in Python decimals says, however they came about.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect

from .desk import DAYS, Desk
from .oracle import Book

METHODS = ("FIFO", "LIFO", "AVERAGE")
MARKS = (Decimal("10.5"), Decimal("-3"), Decimal("7.25"), Decimal("8"), Decimal("9.125"))
SPLIT_DAY = DAYS[2]

prices = st.decimals("-5", 30, places=3)
quantities = st.decimals("0.01", 60, places=2).filter(bool)
fills = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.sampled_from(DAYS[:4]),
            "second": st.integers(0, 40),
            "side": st.sampled_from(["BUY", "SELL"]),
            "quantity": quantities,
            "price": prices,
        }
    ),
    min_size=1,
    max_size=14,
)
# what first was said of some trades, and in which order they arrive
changes = st.lists(
    st.tuples(
        st.integers(0, 13),
        st.sampled_from(["BUY", "SELL"]),
        quantities,
        prices,
        st.sampled_from(["CORRECTED", "CANCELLED", "QUARANTINED"]),
    ),
    max_size=5,
)


@dataclasses.dataclass(frozen=True)
class Fill:
    """One trade as it is in the end."""

    trade_id: str
    day: dt.date
    executed_at: dt.datetime
    side: str
    quantity: Decimal
    price: Decimal

    def book(self, desk: Desk, **terms: Any) -> None:
        """Put it, or something like it, into the desk."""
        terms = {"side": self.side, "quantity": self.quantity, "price": self.price, **terms}
        desk.book(self.trade_id, self.day, executed_at=self.executed_at, **terms)


def read_fills(drawn: list[dict[str, Any]]) -> list[Fill]:
    """Fills with ids and instants; several may share an instant."""
    return [
        Fill(
            f"T{number}",
            row["day"],
            dt.datetime.combine(row["day"], dt.time(12), dt.timezone.utc)
            + dt.timedelta(seconds=row["second"]),
            row["side"],
            row["quantity"],
            row["price"],
        )
        for number, row in enumerate(drawn)
    ]


def expect(
    method: str, wanted: list[Fill], last_day: dt.date, split: tuple[int, int] | None = None
) -> Book:
    """The book at the close of a day."""
    book = Book(method)
    for day in DAYS:
        if day > last_day:
            break
        if split and day == SPLIT_DAY:
            book.split(*split)
        book.begin_day()
        own = (fill for fill in wanted if fill.day == day)
        for fill in sorted(own, key=lambda each: (each.executed_at, each.trade_id.encode())):
            book.trade(fill.quantity if fill.side == "BUY" else -fill.quantity, fill.price)
    return book


def require(desk: Desk, method: str, wanted: list[Fill], split: Any = None) -> None:
    """Every close says what the oracle says, and what it must add up to."""
    for day, mark in zip(DAYS, MARKS, strict=True):
        book = expect(method, wanted, day, split)
        lots = [(lot.quantity, lot.cost) for lot in book.lots]
        assert [lot[1:] for lot in desk.lots(day)] == lots
        (state,) = desk.rows("select * from books.positions_as_of(%s)", day) or [None]
        if state is None:
            assert not any(fill.day <= day for fill in wanted)
            continue
        assert state["quantity"] == book.quantity
        assert state["cost_amount"] == book.cost
        assert state["realised_to_date_amount"] == book.realised
        assert state["cash_flow_to_date_amount"] == book.cash
        side = "LONG" if book.quantity > 0 else "SHORT" if book.quantity < 0 else "FLAT"
        assert state["side"] == side
        unrealised = book.quantity * mark - book.cost
        assert book.realised + unrealised == book.cash + book.quantity * mark
        require_explained(desk, day, book, mark)


def require_explained(desk: Desk, day: dt.date, book: Book, mark: Decimal) -> None:
    """The parts of a day's P&L add up, and so do its realised and unrealised sides."""
    for row in desk.positions(day):
        assert row["pnl_to_date_amount"] == book.cash + book.quantity * mark
        assert (
            row["opening_quantity"] + row["bought_quantity"] - row["sold_quantity"]
            == (row["closing_quantity"])
        )
        assert row["opening_move_amount"] + row["new_trade_amount"] == row["day_pnl_amount"]
        assert row["total_amount"] == row["day_pnl_amount"] + row["correction_amount"]
        assert row["unexplained_amount"] == 0


def dump(desk: Desk) -> list[dict[str, Any]]:
    """What the books say now, of every date."""
    return [
        {key: value for key, value in row.items() if key != "moved_on"}
        for day in DAYS
        for row in desk.rows("select * from books.positions_as_of(%s)", day)
        # a holding whose every trade is gone leaves a row of zeros
        if row["quantity"] or row["cash_flow_to_date_amount"]
    ]


@settings(max_examples=25, deadline=None)
@given(drawn=fills, changed=changes, method=st.sampled_from(METHODS), data=st.data())
def test_the_books_are_the_oracles_however_they_came_about(
    books_dsn: str, drawn: list[Any], changed: list[Any], method: str, data: st.DataObject
) -> None:
    wanted = read_fills(drawn)
    arriving = data.draw(st.permutations(wanted))
    closed = data.draw(st.lists(st.sampled_from(DAYS), max_size=4))
    split = data.draw(st.none() | st.sampled_from([(3, 1), (1, 3), (3, 2), (1, 10)]))
    wrong = {wanted[change[0] % len(wanted)].trade_id: change[1:] for change in changed}
    with connect(books_dsn) as connection:
        desk = Desk(connection)
        desk.set_method(method)
        for day, mark in zip(DAYS, MARKS, strict=True):
            desk.mark(day, mark)
        if split:
            connection.execute(
                "insert into reference.share_splits values ('AAPL', %s, %s, %s)",
                (SPLIT_DAY, *split),
            )
        # at first some are wrong, some come late, and dates are closed in any order
        half = len(arriving) // 2
        gone = set()
        for fill in arriving[:half]:
            if fill.trade_id in wrong:
                side, quantity, price, end = wrong[fill.trade_id]
                fill.book(desk, side=side, quantity=quantity, price=price)
                gone |= {fill.trade_id} if end == "QUARANTINED" else set()
            else:
                fill.book(desk)
        desk.close(*closed)
        cancelled = set()
        for fill in arriving[:half]:
            if fill.trade_id not in wrong:
                continue
            end = wrong[fill.trade_id][-1]
            if end == "QUARANTINED":
                desk.quarantine(fill.trade_id)
            else:
                fill.book(desk, version=2, status=end)
                cancelled |= {fill.trade_id} if end == "CANCELLED" else set()
        for fill in arriving[half:]:
            fill.book(desk)
        wanted = [fill for fill in wanted if fill.trade_id not in gone | cancelled]
        # dates that were closed and are behind, as the capture notes them
        connection.execute(
            "insert into books.stale_dates (business_date)"
            " select distinct business_date from books.updates on conflict do nothing"
        )
        desk.close(DAYS[-1])
        connection.execute("delete from books.stale_dates")
        desk.close(*DAYS)
        require(desk, method, wanted, split)
        known = desk.rows("select count(*) from books.closing_positions")
        desk.close(*reversed(DAYS), *DAYS)
        assert desk.rows("select count(*) from books.closing_positions") == known
        incremental = dump(desk)
        # from nothing, all at once
        connection.execute("alter table books.closing_positions disable trigger user")
        connection.execute("delete from books.closing_positions")
        desk.close(*DAYS)
        assert dump(desk) == incremental
        connection.rollback()
