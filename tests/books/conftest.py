"""One database for all tests of the books; each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from posttrade.database import connect

from .desk import DAYS, Desk


@pytest.fixture(scope="session")
def books_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "books"
    dsn = postgres_server.create_database(name, trade_template)
    with connect(dsn) as connection:
        for day in DAYS:
            connection.execute("select control.ensure_partitions(%s)", (day,))
    yield dsn
    postgres_server.drop_database(name)


@pytest.fixture
def desk(books_dsn: str) -> Iterator[Desk]:
    with connect(books_dsn) as connection:
        yield Desk(connection)
        connection.rollback()
