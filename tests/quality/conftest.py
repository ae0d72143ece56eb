"""One database for the whole folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from posttrade import database

DATABASE = "test_quality"


@pytest.fixture(scope="session")
def quality_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    """A migrated database whose constraints let broken records in.

    The constraints guard the tables as a last line; the suites are to find the same without them.
    """
    dsn = postgres_server.create_database(DATABASE, trade_template)
    with database.connect(dsn) as connection:
        for name in ("side_known", "quantity_positive", "status_known"):
            connection.execute(
                sql.SQL("alter table trade.executions drop constraint {}").format(
                    sql.Identifier(f"executions_{name}")
                )
            )
        connection.execute(
            "alter table trade.confirmations drop constraint confirmations_quantity_positive"
        )
        connection.execute(
            "insert into reference.instruments"
            " (symbol, instrument_name, asset_class, currency, market_id)"
            " values ('US0378331004', 'ISIN with a wrong check digit', 'EQUITY', 'USD', 'US')"
        )
    yield dsn
    postgres_server.drop_database(DATABASE)


@pytest.fixture
def connection(quality_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Commits each statement, so that the engine's own connection sees it."""
    with psycopg.connect(quality_dsn, autocommit=True) as opened:
        yield opened


@pytest.fixture
def trade(trade_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(trade_dsn, autocommit=True) as connection:
        yield connection
