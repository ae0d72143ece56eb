"""Peer of the reconciliation: duckdb reads the tables out of PostgreSQL and joins in memory."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from bench.harness import read_sql, timed

TABLES = ("executions", "confirmations", "pnl_snapshots")


def compare(database: str, business_date: dt.date) -> tuple[float, dict[str, Any]]:
    """Seconds until the breaks are counted, and their counts by type."""
    with tempfile.TemporaryDirectory() as folder:
        return timed(lambda: compare_in(Path(folder), database, business_date))


def compare_in(folder: Path, database: str, business_date: dt.date) -> dict[str, Any]:
    """Read the date out and count its breaks."""
    with psycopg.connect(database) as connection:
        for table in TABLES:
            with (
                psycopg.ClientCursor(connection).copy(
                    read_sql(f"read_out_{table}"), {"business_date": business_date}
                ) as copy,
                (folder / f"{table}.csv").open("wb") as file,
            ):
                for block in copy:
                    file.write(block)
    with duckdb.connect() as memory:
        for table in TABLES:
            memory.execute(read_sql(f"duckdb_load_{table}"), [str(folder / f"{table}.csv")])
        return dict(memory.execute(read_sql("duckdb_count_breaks")).fetchall())
