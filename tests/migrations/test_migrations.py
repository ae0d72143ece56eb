"""Migrations: a second run does no harm, and the head is what `sql/schema.sql` shows."""

from __future__ import annotations

import os

import psycopg
import pytest

from posttrade.database import connect, migrate

from .schema_dump import SCHEMA_FILE, dump_schema


def test_a_second_run_changes_nothing(trade_dsn: str) -> None:
    before = dump_schema(trade_dsn)
    assert migrate(trade_dsn) == 0
    assert dump_schema(trade_dsn) == before


def test_the_schema_file_is_the_head(trade_dsn: str) -> None:
    found = dump_schema(trade_dsn)
    if os.environ.get("POSTTRADE_WRITE_SCHEMA"):
        SCHEMA_FILE.write_text(found, encoding="utf-8")
    assert SCHEMA_FILE.read_text(encoding="utf-8") == found, (
        "sql/schema.sql is stale: run POSTTRADE_WRITE_SCHEMA=1 ./posttrade test tests/migrations"
    )


def test_partitions_can_be_ensured_twice(trade_dsn: str) -> None:
    with connect(trade_dsn) as connection:
        for _ in range(2):
            connection.execute("select control.ensure_partitions('2026-11-19')")
        row = connection.execute(
            "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where c.relname like '%%\\_20261119' and c.relkind = 'r'"
        ).fetchone()
    assert row == (5,)


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_report_versions_are_append_only(trade_dsn: str, statement: str) -> None:
    change = {
        "update": "update report.versions set run_id = 'other'",
        "delete": "delete from report.versions",
    }[statement]
    with connect(trade_dsn) as connection:
        connection.execute(
            "insert into report.versions"
            " (business_date, version, content_hash, manifest, changes, run_id)"
            " values ('2026-11-19', 1, 'hash', '{}', '[]', 'run')"
        )
    with (
        pytest.raises(psycopg.Error, match="append-only") as caught,
        connect(trade_dsn) as connection,
    ):
        connection.execute(change)
    assert caught.value.sqlstate == "PT001"
