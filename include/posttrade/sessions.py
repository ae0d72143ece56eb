"""A step's connection: the caller's, kept from call to call, or one of the step's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from posttrade.database import OUTAGES, connect
from posttrade.errors import Unavailable


@contextlib.contextmanager
def open_session(
    dsn: str, connection: psycopg.Connection[Any] | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which each transaction is opened explicitly.

    Args:
        dsn: the trade database.
        connection: one that is open already and in no transaction; it stays open.

    Raises:
        Unavailable: the database does not answer, breaks off, or ends a statement.
    """
    if connection is None:
        with connect(dsn) as own:
            own.autocommit = True
            yield own
        return
    try:
        yield connection
    except OUTAGES as error:
        raise Unavailable(f"the trade database broke off: {error}") from error
