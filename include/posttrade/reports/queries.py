"""Named queries of the pack: ``sql/queries/report/<name>.sql``, with bound parameters."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from posttrade.database import SQL_ROOT
from posttrade.errors import InvariantBroken

Row = dict[str, Any]
Connection = psycopg.Connection[tuple[Any, ...]]


@functools.cache
def read_query(name: str) -> bytes:
    """Text of a named query.

    Raises:
        InvariantBroken: there is no such file.
    """
    path = SQL_ROOT / "queries" / "report" / f"{name}.sql"
    if not path.is_file():
        raise InvariantBroken(f"no report query {name!r}: expected {path}")
    return path.read_bytes()


def fetch_rows(connection: Connection, name: str, **parameters: Any) -> list[Row]:
    """All rows of a query that is small by its nature or by a ``rows_max`` parameter."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(read_query(name), parameters)
        return cursor.fetchall()


def execute(connection: Connection, name: str, **parameters: Any) -> None:
    """Run a query that gives no rows."""
    connection.execute(read_query(name), parameters)


def copy_to_file(connection: Connection, name: str, path: Path, **parameters: Any) -> None:
    """Stream a ``copy … to stdout`` into a file; memory does not grow with the rows."""
    with (
        connection.cursor() as cursor,
        path.open("wb") as file,
        cursor.copy(read_query(name), parameters) as rows,
    ):
        for block in rows:
            file.write(block)
