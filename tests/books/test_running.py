"""Books of an open date: at any moment what the close would tell then, and nothing is kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.running_books import read_positions, tell_positions

from .desk import DAYS, Desk
from .test_properties import MARKS, METHODS, expect, fills, read_fills

KEPT = (
    "select (select count(*) from books.updates), (select count(*) from books.closing_positions),"
    " (select count(*) from books.holdings), (select count(*) from books.marks),"
    " (select count(*) from books.close_marks), (select count(*) from books.flow_changes)"
)
CLOSED = (
    "select closing_quantity as quantity, cost_amount, realised_amount, realised_to_date_amount,"
    " unrealised_amount, fee_amount, day_pnl_amount, total_amount, contractual_quantity,"
    " mark_price, market_value_amount, trade_count, opening_quantity, bought_quantity,"
    " sold_quantity from books.positions(%s) order by account, strategy, symbol"
)


def read_close(desk: Desk, day: dt.date) -> list[dict[str, Any]]:
    """What the close of a day tells, by name."""
    return desk.rows(CLOSED, day)


def pick(told: list[dict[str, Any]], closed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those columns of what was told that the close has, too."""
    return [{name: row[name] for name in like} for row, like in zip(told, closed, strict=True)]


@settings(max_examples=20, deadline=None)
@given(drawn=fills, method=st.sampled_from(METHODS), data=st.data())
def test_at_every_moment_they_are_what_the_close_tells(
    books_dsn: str, drawn: list[Any], method: str, data: st.DataObject
) -> None:
    wanted = read_fills(drawn)
    today = max(fill.day for fill in wanted)
    with connect(books_dsn) as connection:
        desk = Desk(connection)
        desk.set_method(method)
        for day, mark in zip(DAYS, MARKS, strict=True):
            desk.mark(day, mark)
        for fill in wanted:
            if fill.day < today:
                fill.book(desk, brokerage_fee=Decimal("0.25"))
        desk.close(*(day for day in DAYS if day < today))
        for fill in data.draw(st.permutations([fill for fill in wanted if fill.day == today])):
            fill.book(desk, brokerage_fee=Decimal("0.25"))
            before = connection.execute(KEPT).fetchone()
            told = tell_positions(connection, today)
            assert connection.execute(KEPT).fetchone() == before
            # closed amid the day or not: what is told next does not depend on it
            with connection.transaction(force_rollback=data.draw(st.booleans())):
                desk.close(today)
                closed = read_close(desk, today)
                assert pick(told, closed) == closed
        (row,) = tell_positions(connection, today)
        book = expect(method, wanted, today)
        assert row["quantity"] == book.quantity
        assert row["realised_to_date_amount"] == book.realised
        assert row["unrealised_amount"] == book.quantity * MARKS[DAYS.index(today)] - book.cost
        assert row["fee_amount"] == Decimal("0.25") * sum(fill.day == today for fill in wanted)
        desk.close(today)
        assert pick([row], read_close(desk, today)) == read_close(desk, today)
        connection.rollback()


def test_looking_leaves_nothing_behind(books_dsn: str) -> None:
    with connect(books_dsn) as connection:
        before = connection.execute(KEPT).fetchone()
    assert read_positions(books_dsn, DAYS[0]) == []
    with connect(books_dsn) as connection:
        assert connection.execute(KEPT).fetchone() == before
        # and nothing is held
        assert connection.execute("select pg_try_advisory_lock(hashtext('books'))").fetchone() == (
            True,
        )
