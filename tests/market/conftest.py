"""One database for all tests of marks; each test leaves it as it was."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from posttrade.database import connect

_offsets = itertools.count()


@pytest.fixture(scope="session")
def market_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "market"
    yield postgres_server.create_database(name, trade_template)
    postgres_server.drop_database(name)


@pytest.fixture
def connection(market_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is rolled back."""
    with connect(market_dsn) as connection:
        yield connection
        connection.rollback()


def add_mark(
    connection: psycopg.Connection[Any],
    symbol: str,
    mark_date: str,
    price: str,
    *,
    source: str = "official_close",
    currency: str = "USD",
    kind: str = "PRICE",
    tenor_days: int = 0,
    observed_at: str | None = None,
    recorded_at: dt.datetime | None = None,
) -> None:
    """A mark as promotion stores it."""
    connection.execute(
        "insert into market.marks (mark_kind, symbol, currency, tenor_days, mark_date, source_id,"
        " observed_at, price, batch_id, topic, partition, message_offset, recorded_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, 1, 'marks', 0, %s, coalesce(%s, now()))",
        (
            kind,
            symbol,
            currency,
            tenor_days,
            mark_date,
            source,
            observed_at or f"{mark_date}T21:00Z",
            Decimal(price),
            next(_offsets),
            recorded_at,
        ),
    )


def marks_on(
    connection: psycopg.Connection[Any], date: str
) -> dict[str, tuple[Decimal, str, bool]]:
    """Price, source and staleness of each symbol."""
    rows = connection.execute(
        "select symbol, price, source, is_stale from market.marks_on(%s)", (date,)
    ).fetchall()
    return {symbol: (price, source, is_stale) for symbol, price, source, is_stale in rows}
