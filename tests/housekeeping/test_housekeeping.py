"""Housekeeping: what may go goes, what must stay stays, whatever the policy says."""
# ruff: noqa: S608

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import psycopg
import pytest

from posttrade import housekeeping
from posttrade.database import SQL_ROOT, connect
from posttrade.errors import InvariantBroken, Unavailable
from posttrade.housekeeping import make_partitions, remove_expired, vacuum_tables

UTC = dt.timezone.utc
NOW = dt.datetime(2026, 11, 19, 4, 30, tzinfo=UTC)
LATER = NOW + dt.timedelta(days=4000)
OLD = "2026-01-05"
FILL = """
    insert into landing.batches (batch_id, feed, status, message_count, staged_count, reject_count,
        run_id, drained_at, finished_at) overriding system value
    values (1, 'trades', 'RECONCILED', 2, 1, 1, 'r', '2026-01-05 12:00Z', '2026-01-05 12:01Z');
    insert into landing.batch_ranges values (1, 'trades', 0, 0, 2, 2, 0, 0);
    select landing.ensure_message_partition('2026-01-05');
    select control.ensure_partitions('2026-01-05');
    insert into landing.message_blocks (topic, partition, first_offset, last_offset, batch_id,
        received_on, message_count, message_ats, message_keys, headers, payloads)
    values ('trades', 0, 0, 1, 1, '2026-01-05', 2, '{2026-01-05 12:00Z,2026-01-05 12:00Z}',
        '{null,null}', '{null}', '{"{}","{}"}');
    insert into landing.rejects (feed, topic, partition, message_offset, batch_id, business_date,
        stage, reason, detail, payload)
    values ('trades', 'trades', 0, 0, 1, '2026-01-05', 'contract', 'not_json', 'x', 'bytes');
    insert into control.received_counts values (1, 'trades', '2026-01-05', 2, '2026-01-05');
    insert into control.closes values ('2026-01-05', true, '2026-01-05', '2026-01-05', 'r');
    insert into report.versions
    values ('2026-01-05', 1, 'h', null, '{}', '[]', 'r', '2026-01-05');
    insert into trade.executions
    select '2026-01-05', 'T1', 1, 'trades', 'trades', 'AAPL', 'EQUITY', 'BUY', 1, 1, 'USD', 1, 0, 0,
        0, 'ALDER', null, 'HOUSE', 'NONE', '2026-01-05 12:00Z', '2026-01-06', 'EXECUTED', '{}', 1,
        'trades', 0, 1, '2026-01-05 12:00Z';
    insert into recon.matches values ('2026-01-05', 'T1', 1, null, null, 'r', '2026-01-05');
    insert into recon.breaks (business_date, trade_id, break_type, opened_run_id, opened_at)
    values ('2026-01-05', 'T1', 'missing_confirmation', 'r', '2026-01-05');
    insert into staging.pnl_snapshots (batch_id, feed, topic, partition, message_offset, message_at,
        business_date, is_date_stated, trade_id, version, pnl_impact, commission, status)
    values (1, 'pnl_snapshot', 'pnl_snapshot', 0, 0, '2026-01-05', '2026-01-05', true, 'T', 1, 1, 0,
        'BOOKED');
    insert into control.step_runs (step, run_id, started_at) values ('s', 'r', '2026-01-05');
    insert into outbox.messages (message_id, topic, payload, published_at)
    values ('a', 'breaks', '{}', '2026-01-05'), ('b', 'breaks', '{}', null);
    insert into outbox.announcements (batch_id, business_date, piece, topic, trade_ids, versions,
        message_count, counterparties, published_at, withdrawn_count)
    values (1, '2026-01-05', 0, 'enriched-trades', '{T1,T2}', '{1,1}', 2, '{}', '2026-01-05', 0),
        (1, '2026-01-05', 1, 'enriched-trades', '{T3}', '{1}', 1, '{}', null, null);
    insert into quality.results (suite, batch_id, run_id, is_success, evaluated_count, failed_count,
        errored_count, quarantined_count, duration_ms, result, recorded_at)
    select 'trades', 1, 'r', true, 1, 0, 0, 0, 1,
        '{"failed_rules": [{"rule": "x"}], "validation": {"much": 1}}', '2026-01-05'
    from generate_series(1, 2);
"""
KEPT = (
    "trade.executions", "recon.matches", "recon.breaks", "recon.break_events", "landing.rejects",
    "landing.batches", "landing.batch_ranges", "control.received_counts", "control.closes",
    "report.versions", "reference.calendar_days",
)  # fmt: skip
GOES = (
    "landing.messages", "staging.pnl_snapshots", "control.step_runs", "outbox.messages",
    "outbox.announcements", "quality.results",
)  # fmt: skip


def run(dsn: str, statement: str) -> Any:
    with connect(dsn) as connection:
        cursor = connection.execute(statement.encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else None


def count(dsn: str, tables: tuple[str, ...]) -> dict[str, int]:
    return {table: run(dsn, f"select count(*) from {table}")[0][0] for table in tables}


@pytest.fixture
def filled(trade_dsn: str) -> str:
    run(trade_dsn, FILL)
    return trade_dsn


def test_what_is_old_goes_and_what_must_be_kept_stays_for_ever(filled: str) -> None:
    run(filled, "update reference.retention_policies set keep_days = 1")
    before = count(filled, KEPT)
    assert all(before.values())
    removed = remove_expired(filled, as_of=LATER)
    assert removed == {
        "drop_messages": 2,
        "delete_staged_leftovers": 1,
        "shrink_quality_results": 2,
        "delete_step_runs": 1,
        "delete_published_messages": 3,
        "airflow_keep_days": 1,
    }
    assert count(filled, KEPT) == before
    assert count(filled, GOES) == {
        "landing.messages": 0,
        "staging.pnl_snapshots": 0,
        "control.step_runs": 0,
        "outbox.messages": 1,  # never published: still to be sent
        "outbox.announcements": 1,
        "quality.results": 1,
    }
    assert run(filled, "select result from quality.results") == [
        ({"failed_rules": [{"rule": "x"}]},)
    ]
    dropped = "select batch_id, topic, partition, message_count from landing.dropped_ranges"
    assert run(filled, dropped) == [(1, "trades", 0, 2)]
    again = remove_expired(filled, as_of=LATER)
    assert (
        sum(number for name, number in again.items() if name in housekeeping.RETENTION_STEPS) == 0
    )


def test_nothing_goes_before_its_time(filled: str) -> None:
    before = count(filled, (*KEPT, *GOES))
    removed = remove_expired(filled, as_of=dt.datetime(2026, 1, 6, tzinfo=UTC))
    assert removed.pop("airflow_keep_days") == 30
    assert set(removed.values()) == {0}
    assert count(filled, (*KEPT, *GOES)) == before


@pytest.mark.parametrize("status", ["DRAINED", "VALIDATED", "PROMOTED", "STOPPED"])
def test_raw_messages_of_an_unfinished_batch_stay(filled: str, status: str) -> None:
    run(filled, f"update landing.batches set status = '{status}', finished_at = null")
    removed = remove_expired(filled, as_of=LATER)
    assert removed["drop_messages"] == 0
    assert removed["delete_staged_leftovers"] == 0


def test_a_date_closed_again_after_its_messages_went_still_adds_up(filled: str) -> None:
    from posttrade.database import run_step

    totals = "select offset_count, message_count from counted_offsets"
    found = []
    for _ in range(2):
        with connect(filled) as connection:
            scope = {"business_date": OLD, "calendar_id": "XNYS"}
            run_step(connection, "end_of_day/count_offsets", scope)
            found.append(connection.execute(totals.encode()).fetchall())
        remove_expired(filled, as_of=LATER)
    assert found == [[(2, 2)], [(2, 2)]]


@pytest.mark.parametrize(
    "harm",
    [
        "set local posttrade.records_leave to on; delete from trade.executions",
        "update landing.rejects set payload = null",
        "delete from recon.breaks",
        "drop table trade.executions_20260105",
        "delete from control.closes",
        "drop table report.mails",
    ],
)
def test_a_step_that_would_touch_more_is_refused(
    filled: str, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    run_step = housekeeping.run_step

    def harm_too(connection: psycopg.Connection[Any], step: str, parameters: Any) -> Any:
        if step.endswith("delete_step_runs"):
            connection.execute(harm.encode())
        return run_step(connection, step, parameters)

    monkeypatch.setattr(housekeeping, "run_step", harm_too)
    before = count(filled, (*KEPT, "control.step_runs"))
    with pytest.raises(InvariantBroken, match="delete_step_runs would remove what must be kept"):
        remove_expired(filled, as_of=LATER)
    assert count(filled, (*KEPT, "control.step_runs")) == before


@pytest.mark.parametrize("subject", ["trade.executions", "landing.rejects", "report.versions"])
def test_no_policy_can_name_what_must_be_kept(trade_dsn: str, subject: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        run(trade_dsn, f"insert into reference.retention_policies values ('{subject}', 1)")


def test_the_steps_name_no_table_that_must_be_kept() -> None:
    verbs = re.compile(
        r"(?:delete from|truncate|drop table|update|alter table)\s+([a-z_]+\.[a-z_]+)"
    )
    allowed = {
        "staging.records", "quality.results",
        "control.step_runs", "outbox.messages", "outbox.announcements",
    }  # fmt: skip
    for path in (SQL_ROOT / "steps" / "housekeeping").glob("*.sql"):
        body = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        named = {name for name in verbs.findall(body) if not name.startswith("pg_temp.")}
        assert named <= allowed, path.name


def test_a_table_in_use_is_waited_for_briefly(filled: str) -> None:
    with connect(filled) as reader:
        reader.execute("select from landing.message_blocks_20260105 for share")
        with pytest.raises(Unavailable, match="lock timeout"):
            remove_expired(filled, as_of=LATER)
    assert count(filled, ("landing.messages",)) == {"landing.messages": 2}


def test_partitions_are_there_before_their_days(trade_dsn: str) -> None:
    made = make_partitions(trade_dsn, as_of=NOW)
    assert (made.rows_in, made.rows_out) == (18, 18)
    names = {
        name for (name,) in run(
            trade_dsn,
            "select relname from pg_class"
            " where relname ~ '^(executions|message_blocks)_2026[0-9]{4}$'",
        )
    }  # fmt: skip
    assert {"executions_20261119", "executions_20261203", "message_blocks_20261126"} <= names
    assert "executions_20261126" not in names, "Thanksgiving"
    assert "executions_20261121" not in names, "a Saturday"
    again = make_partitions(trade_dsn, as_of=NOW)
    assert (again.rows_in, again.rows_out) == (18, 0)


def test_vacuum_can_be_run_at_any_time(trade_dsn: str) -> None:
    vacuum_tables(trade_dsn)
    vacuum_tables(trade_dsn)
