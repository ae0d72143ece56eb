"""Servers that tests share: one PostgreSQL and one embedded broker for the whole session.

Each test that asks for ``trade_dsn`` gets a database of its own, copied from a migrated template.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from posttrade import database
from posttrade.embedded import postgres, processes, supervisor
from posttrade.instance import REPOSITORY, Instance, choose_ports, is_port_open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BROKER_START_TIMEOUT_S = 30
TEMPLATE = "posttrade_template"
_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL of the test session."""

    instance: Instance

    @property
    def administrator_dsn(self) -> str:
        """Connection string of the server's owner."""
        return postgres.administrator_dsn(self.instance)

    def dsn(self, name: str) -> str:
        """Connection string of one database for the role that owns the trade data."""
        return self.instance.database_dsn(name, "posttrade")

    def create_database(self, name: str, template: str = "template1") -> str:
        """A new database owned by the trade role; gives its connection string."""
        with psycopg.connect(self.administrator_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} owner posttrade template {} strategy file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its sessions."""
        with psycopg.connect(self.administrator_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The embedded PostgreSQL under a temporary folder."""
    instance = Instance.create(tmp_path_factory.mktemp("postgres_server"))
    try:
        postgres.start(instance)
        yield PostgresServer(instance)
    finally:
        supervisor.stop_services(instance, ["postgres"])
        processes.sweep_orphans(instance)


@pytest.fixture(scope="session")
def trade_template(postgres_server: PostgresServer) -> str:
    """Name of a database that is migrated and holds the reference data; never connect to it."""
    from posttrade.embedded.stack import prepare_trade_database

    prepare_trade_database(postgres_server.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def create_trade_database(
    postgres_server: PostgresServer, trade_template: str
) -> Iterator[Callable[[], str]]:
    """Makes migrated databases that live as long as the test; gives connection strings."""
    names: list[str] = []

    def create() -> str:
        names.append(f"test_{next(_numbers)}")
        return postgres_server.create_database(names[-1], trade_template)

    yield create
    for name in names:
        postgres_server.drop_database(name)


@pytest.fixture
def trade_dsn(create_trade_database: Callable[[], str]) -> str:
    """Connection string of a migrated trade database that only this test sees."""
    return create_trade_database()


@pytest.fixture
def trade_connection(trade_dsn: str) -> Iterator[psycopg.Connection]:
    """An open connection to the test's own trade database."""
    with database.connect(trade_dsn) as connection:
        yield connection


@pytest.fixture
def empty_dsn(postgres_server: PostgresServer) -> Iterator[str]:
    """Connection string of an empty database, for tests of the migrations themselves."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@dataclasses.dataclass
class EmbeddedBroker:
    """A running embedded broker; ``bootstrap_servers`` is its address."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self.port}"

    def start(
        self, topics: dict[str, int], starts: list[tuple[str, int, int]] | None = None
    ) -> None:
        """Start with topics (name -> partitions), optionally at (topic, partition, offset)."""
        options = {
            "port": self.port,
            "topics": topics,
            "starts": starts or [],
            "fill_path": str(self.folder / "fill.json"),
        }
        path = self.folder / "options.json"
        path.write_text(json.dumps(options), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "posttrade.embedded.broker", str(path)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "include")},
            start_new_session=True,
        )
        wait_until(lambda: is_port_open(self.port), BROKER_START_TIMEOUT_S)

    def stop(self) -> None:
        """End it; what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def embedded_broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The embedded broker with the product's own topics."""
    from posttrade.topics import TOPICS

    broker = EmbeddedBroker(choose_ports(("b",))["b"], tmp_path_factory.mktemp("broker"))
    broker.start({topic.name: topic.partitions for topic in TOPICS})
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def embedded_broker(embedded_broker_server: EmbeddedBroker) -> str:
    """Bootstrap servers of a session-wide embedded broker with the product's topics.

    What one test produced is still there for the next: begin at the watermarks you found.
    """
    return embedded_broker_server.bootstrap_servers


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker of the test's own; the test calls ``start(topics)`` and may kill it."""
    broker = EmbeddedBroker(choose_ports(("b",))["b"], tmp_path)
    yield broker
    broker.stop()


def wait_until(condition: Callable[[], bool], timeout_s: float) -> None:
    """Wait for something to come true; fails the test when it does not in time."""
    import time

    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not in {timeout_s:g} s: {condition}")
        time.sleep(0.05)
