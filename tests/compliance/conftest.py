"""One database for all tests of compliance; each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from posttrade.database import connect


@pytest.fixture(scope="session")
def compliance_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "compliance"
    yield postgres_server.create_database(name, trade_template)
    postgres_server.drop_database(name)


@pytest.fixture
def connection(compliance_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is rolled back."""
    with connect(compliance_dsn) as connection:
        yield connection
        connection.rollback()
