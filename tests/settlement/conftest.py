"""One database for all tests of settlement; each test leaves it as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from posttrade.database import connect

from .desk import Desk


@pytest.fixture(scope="session")
def settlement_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "settlement"
    dsn = postgres_server.create_database(name, trade_template)
    with connect(dsn) as connection:
        for day in range(12, 17):
            connection.execute("select control.ensure_partitions(%s)", (dt.date(2026, 10, day),))
    yield dsn
    postgres_server.drop_database(name)


@pytest.fixture
def desk(settlement_dsn: str) -> Iterator[Desk]:
    with connect(settlement_dsn) as connection:
        yield Desk(connection, settlement_dsn)
        connection.rollback()


@pytest.fixture
def short(desk: Desk) -> Desk:
    """A desk whose house has nothing to deliver."""
    for symbol in ("SAP.DE", "DE10Y", "AAPL", "SIE.DE"):
        desk.give(symbol, "0")
    return desk
