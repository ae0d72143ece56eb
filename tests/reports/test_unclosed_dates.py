"""A position opens with what earlier dates left: one that was never closed must be named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from posttrade.database import connect
from posttrade.reports import Pack
from posttrade.running_books import find_unclosed_dates
from tests.books.desk import Desk

from .day import BUSINESS_DATE, Day
from .packs import read_page

EVE = dt.date(2026, 11, 11)
EMPTY = dt.date(2026, 11, 10)


def test_an_earlier_date_that_was_never_closed_is_told(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day(trade_count=0, reject_count=0))
    with connect(trade_dsn) as connection:
        for date in (EMPTY, EVE):
            connection.execute("select control.ensure_partitions(%s)", (date,))
        desk = Desk(connection)
        desk.book("T1", EVE, "BUY", 100, 190)
    assert find_unclosed_dates(trade_dsn, BUSINESS_DATE) == [EVE]
    assert "Executions of 2026-11-11 are in no book" in read_page(render())
    with connect(trade_dsn) as connection:
        Desk(connection).close(EVE)
    assert find_unclosed_dates(trade_dsn, BUSINESS_DATE) == []
    assert "are in no book" not in read_page(render())
