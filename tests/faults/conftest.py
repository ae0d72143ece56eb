"""Servers of the faults' own, a scene for each fault, and the table at the end."""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posttrade.embedded import processes
from posttrade.embedded.stack import prepare_trade_database
from posttrade.errors import PostTradeError
from posttrade.instance import REPOSITORY, Instance
from posttrade.simulator.settlement import latest_session
from tests.faults import table
from tests.faults.brokers import KafkaCluster
from tests.faults.scene import TEMPLATE, Scene
from tests.faults.servers import FaultyPostgres
from tests.ingest.conftest import feeds, make_trade

__all__ = ["feeds", "make_trade"]

SEED = int(os.environ.get("POSTTRADE_FAULT_SEED") or random.SystemRandom().randrange(10**6))
REPETITIONS = float(os.environ.get("POSTTRADE_FAULT_TIMES") or 1)
ROWS: dict[str, table.Row] = {}


@pytest.fixture(scope="session")
def faulty_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyPostgres]:
    """A PostgreSQL that tests may kill, with a migrated template."""
    server = FaultyPostgres(Instance.create(tmp_path_factory.mktemp("faulty_postgres")))
    try:
        server.start()
        prepare_trade_database(server.create_database(TEMPLATE))
        yield server
    finally:
        server.stop_orderly()
        processes.sweep_orphans(server.instance)


def lay_cluster(folder: Path, node_count: int = 1) -> KafkaCluster:
    """A Kafka; without Java a fault is skipped aloud, and in CI that is a failure."""
    try:
        return KafkaCluster(folder, node_count)
    except PostTradeError as error:
        reason = f"a real Kafka cannot run here, so this fault was not injected: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """A Kafka of one node."""
    cluster = lay_cluster(tmp_path_factory.mktemp("kafka"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def kafka(kafka_node: KafkaCluster) -> KafkaCluster:
    """The Kafka that a fault works with; a module may choose another."""
    return kafka_node


@pytest.fixture
def scene(
    request: pytest.FixtureRequest,
    kafka: KafkaCluster,
    faulty_postgres: FaultyPostgres,
    tmp_path: Path,
) -> Iterator[Scene]:
    """A scene with empty topics and an empty trade database; its captures end with the test."""
    faulty_postgres.start()
    kafka.start()
    made = Scene(
        kafka=kafka,
        postgres=faulty_postgres,
        business_date=latest_session(dt.datetime.now(dt.timezone.utc)),
        folder=tmp_path,
        random=random.Random(f"{SEED} {request.node.name}"),  # noqa: S311
        repetitions=REPETITIONS,
    )
    try:
        yield made
    finally:
        for capture in made.captures:
            capture.kill()
        faulty_postgres.start()
        for name in made.databases:
            faulty_postgres.drop_database(name)


@pytest.fixture
def fault(request: pytest.FixtureRequest, scene: Scene) -> Iterator[Scene]:
    """A scene that has a line in the table, named by the test's docstring."""
    function = request.node.function
    name, test = table.name_fault(function.__doc__), f"{request.path.stem}::{function.__name__}"
    # one line for all its parameters
    scene.row = ROWS.setdefault(test, table.Row(name, test, SEED))
    started = time.monotonic()
    yield scene
    scene.row.seconds += round(time.monotonic() - started, 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call" or not report.passed:
        test = f"{item.path.stem}::{getattr(item, 'originalname', item.name)}"
        if test in ROWS and ROWS[test].outcome != "failed":
            ROWS[test].outcome = report.outcome
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not ROWS:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(table.format_table(ROWS.values()))
    terminalreporter.write_line(f"seed {SEED}: POSTTRADE_FAULT_SEED={SEED} gives the same moments")
    table.write_results(REPOSITORY / "var" / "faults.json", ROWS.values())
    if os.environ.get("POSTTRADE_WRITE_FAULTS"):
        table.write_results(table.RESULTS, ROWS.values())
        table.renew_readme()
