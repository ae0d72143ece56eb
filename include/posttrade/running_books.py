"""Positions and P&L of a date that is still open: what its close would tell now, and not keep.

The close's own steps run in a transaction that is taken back: the figures are the close's by
construction, realised and unrealised P&L and fees among them. It costs what the date has so far,
whatever came before, and holds up nobody but another build of the books.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from posttrade.books import build_books
from posttrade.capture import StepSequence
from posttrade.database import connect
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# of the session, and before the snapshot is taken: what a close commits meanwhile must be in it
BOOKS_SESSION_LOCK: LiteralString = "select pg_advisory_lock(hashtext('books'))"


def read_positions(dsn: str, business_date: dt.date) -> list[dict[str, Any]]:
    """Positions and P&L of every book of a date as of now, of one snapshot of the database.

    Of a date that is closed and unchanged since, they are what its close told.

    Returns:
        A row for each book and instrument that holds or held something or traded; amounts are exact
        decimals in ``currency``; null where a held position has no mark.

    Raises:
        ConfigurationError: no rule says how a book takes its cost.
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        connection.execute(BOOKS_SESSION_LOCK)
        connection.commit()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return tell_positions(connection, business_date)


def find_unclosed_dates(dsn: str, business_date: dt.date) -> list[dt.date]:
    """Earlier dates with executions that no close has booked: positions stand without them.

    Raises:
        Unavailable: the database does not answer.
    """
    statement = read_statement("books/list_unclosed_dates")
    with connect(dsn) as connection:
        rows = connection.execute(statement, {"business_date": business_date}).fetchall()
    return [row[0] for row in rows]


def tell_positions(
    connection: psycopg.Connection[Any], business_date: dt.date
) -> list[dict[str, Any]]:
    """As ``read_positions``, on a connection; what it writes on the way is taken back."""
    parameters = {"business_date": business_date, "run_id": "running"}
    with connection.transaction(force_rollback=True):
        build_books(StepSequence(connection, "end_of_day", parameters), business_date)
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(read_statement("books/read_positions"), parameters).fetchall()
