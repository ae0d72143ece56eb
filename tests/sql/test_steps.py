"""Every SQL step by example: ``steps/<dag>/<step>/<behaviour>/{given,expect}.yaml``.

given: batches (staged through `scenario.Stage`; their ids are 1, 2, …), rows of other tables, steps
that run before, rows loaded after those steps, parameters. expect: the step's counts, and rows:
exactly these, in the columns that they name. The step runs twice: the second time must leave the
same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from posttrade.database import SQL_ROOT, connect, run_step

from .scenario import Stage

CASES = Path(__file__).with_name("steps")
OWN_DAGS = (
    "trade_capture",
    "end_of_day",
    "reference_data",
    "settlement",
    "compliance",
    "watch",
    "housekeeping",
)
# they count every table there is; tests/housekeeping holds them by what they are for
HELD_ELSEWHERE = {"housekeeping": {"remember_tables", "find_forbidden_changes"}}
PARAMETERS: dict[str, Any] = {
    "business_date": dt.date(2026, 10, 14),
    "business_dates": [dt.date(2026, 10, 13), dt.date(2026, 10, 14)],
    "run_id": "test",
    "calendar_id": "XNYS",
    "as_of": dt.datetime(2026, 10, 14, 20, tzinfo=dt.timezone.utc),
    "quantity_delta_max": Decimal(0),
    "price_delta_max": Decimal("0.005"),
    "timestamp_delta_ms_max": 100,
    "pnl_delta_limit": Decimal(1),
    "silent_source_ids": ["trades"],
    "execution_feeds": ["trades", "executions"],
    "pnl_snapshot_feeds": ["pnl_snapshot"],
    "is_ordered": False,
    "cuts": [""] * 7,
    "is_new_set": None,
    "first_batch_id": None,
    "last_batch_id": None,
    "excluded_batch_ids": None,
    "excluded_source_ids": None,
}


class _ExactLoader(yaml.SafeLoader):
    """YAML whose decimal numbers stay decimal."""


_ExactLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node))
)


def _read(path: Path) -> dict[str, Any]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), _ExactLoader)  # noqa: S506
    assert isinstance(loaded, dict)
    return loaded


def _list_cases() -> list[str]:
    return sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("*/*/*/given.yaml"))


@pytest.fixture(scope="module")
def step_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "sql_steps"
    dsn = postgres_server.create_database(name, trade_template)
    with connect(dsn) as connection:
        for date in PARAMETERS["business_dates"]:
            connection.execute("select control.ensure_partitions(%s)", (date,))
            connection.execute("select settlement.ensure_fee_partition(%s)", (date,))
        connection.execute("select settlement.ensure_partitions('2026-10-15')")
    yield dsn
    postgres_server.drop_database(name)


@pytest.fixture
def connection(step_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is rolled back, so that cases share one database."""
    with connect(step_dsn) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("case", _list_cases())
def test_step(connection: psycopg.Connection[Any], case: str) -> None:
    dag, step, _ = Path(case).parts
    given, expect = (_read(CASES / case / f"{name}.yaml") for name in ("given", "expect"))
    stage = Stage(connection)
    batch_ids = []
    for number, batch in enumerate(given.get("batches", []), start=1):
        stage.add_batch(batch["feed"], *batch["records"], batch_id=number)
        batch_ids.append(number)
    for table, rows in given.get("rows", {}).items():
        for row in rows:
            stage.insert(table, row)
    parameters = {**PARAMETERS, "batch_ids": batch_ids, **given.get("parameters", {})}

    for before in given.get("steps", []):
        run_step(connection, before if "/" in before else f"{dag}/{before}", parameters)
    # rows of temporary tables that a step before has made
    for table, rows in given.get("loaded", {}).items():
        for row in rows:
            stage.insert(table, row)
    for attempt in ("first", "second"):
        counts = run_step(connection, f"{dag}/{step}", parameters)
        for table, rows in expect.get("rows", {}).items():
            _require_rows(connection, table, rows, attempt)
        if attempt == "first":
            assert [counts.rows_in, counts.rows_out] == expect["counts"]


def _require_rows(
    connection: psycopg.Connection[Any], table: str, rows: list[dict[str, Any]], attempt: str
) -> None:
    columns = list(rows[0]) if rows else ["ctid"]
    found = connection.execute(
        sql.SQL("select {} from {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(*table.split("."))
        )
    ).fetchall()
    expected = [tuple(row[column] for column in columns) for row in rows]
    assert sorted(found, key=repr_key) == sorted(expected, key=repr_key), f"{table}, {attempt} run"


def repr_key(row: tuple[Any, ...]) -> list[str]:
    """Sorts rows whose cells may be null; numbers that are equal sort alike."""
    return [str(cell.normalize() if isinstance(cell, Decimal) else cell) for cell in row]


@pytest.mark.parametrize("dag", OWN_DAGS)
def test_every_step_has_a_case(dag: str) -> None:
    steps = {path.stem for path in (SQL_ROOT / "steps" / dag).glob("*.sql")}
    cases = {path.name for path in (CASES / dag).iterdir()}
    assert steps == cases | HELD_ELSEWHERE.get(dag, set())
