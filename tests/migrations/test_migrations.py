"""Migrations: a second run does no harm, and the head is what `sql/schema.sql` shows."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time

import psycopg
import pytest
import yoyo
from psycopg import conninfo
from yoyo.connections import parse_uri

from posttrade.database import SQL_ROOT, _yoyo_uri, connect, migrate
from posttrade.errors import Unavailable

from .schema_dump import SCHEMA_FILE, dump_schema

MIGRATE = "import sys; from posttrade.database import migrate; migrate(sys.argv[1])"


def test_a_second_run_changes_nothing(trade_dsn: str) -> None:
    before = dump_schema(trade_dsn)
    assert migrate(trade_dsn) == 0
    assert dump_schema(trade_dsn) == before


def test_definitions_that_changed_are_laid_over_those_that_lean_on_them(trade_dsn: str) -> None:
    before = dump_schema(trade_dsn)
    with connect(trade_dsn) as connection:
        connection.execute("delete from control.laid_definitions")
    migrate(trade_dsn)
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


def test_a_killed_migration_can_be_run_again(empty_dsn: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, empty_dsn],
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        with psycopg.connect(empty_dsn) as connection:
            if connection.execute("select to_regclass('_yoyo_migration')").fetchone() != (None,):
                break
    child.kill()
    child.wait()
    migrate(empty_dsn)
    assert migrate(empty_dsn) == 0


def test_two_migrations_at_once_take_turns(empty_dsn: str) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        applied = list(pool.map(migrate, [empty_dsn] * 2))
    assert min(applied) == 0 < max(applied)


def test_messages_kept_one_by_one_are_put_into_blocks(empty_dsn: str) -> None:
    backend = yoyo.get_backend(_yoyo_uri(conninfo.conninfo_to_dict(empty_dsn)))
    migrations = yoyo.read_migrations(str(SQL_ROOT / "migrations"))
    backend.apply_migrations(migrations.filter(lambda own: not own.id.startswith("0058")))
    backend.connection.close()
    with connect(empty_dsn) as connection:
        connection.execute(
            "create table landing.messages_20261001 partition of landing.messages"
            " for values from ('2026-10-01') to ('2026-10-02')"
        )
        kept = connection.execute(
            "insert into landing.messages (topic, partition, message_offset, batch_id, message_at,"
            " message_key, headers, payload, received_on)"
            " select 'trades', mod(n, 2), n + n / 50, n / 70, '2026-10-01Z', nullif('k' || n, 'k3')"
            "::bytea, case when n > 80 then jsonb_build_object('n', n) end,"
            " nullif(n::text, '9')::bytea, date '2026-10-01' + n / 90 from generate_series(0, 99) n"
            " returning topic, partition, message_offset, batch_id, message_at, message_key,"
            " headers, payload, received_on"
        ).fetchall()
    assert migrate(empty_dsn) == 1
    with connect(empty_dsn) as connection:
        found = connection.execute("select * from landing.messages").fetchall()
        assert sorted(found, key=str) == sorted(kept, key=str)
        parts = connection.execute(
            "select distinct tableoid::regclass::text from landing.message_blocks order by 1"
        ).fetchall()
    days = ("20261001", "20261002")
    assert parts == [(f"landing.message_blocks_{day}",) for day in days]


def test_connection_options_reach_the_migration() -> None:
    options = {"dbname": "trade data", "host": "/run/socket folder", "password": "p@:/%+"}
    assert parse_uri(_yoyo_uri(options)).args == options


def test_a_database_that_breaks_off_is_unavailable(trade_dsn: str) -> None:
    with (
        pytest.raises(Unavailable, match="broke off"),
        connect(trade_dsn) as connection,
        connect(trade_dsn) as other,
    ):
        other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        connection.execute("select 1")
