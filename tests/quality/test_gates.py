"""The gates of the micro-batch and of the close: what they store, and what they stop."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from posttrade.database import StepCounts
from posttrade.errors import GateFailed, InvariantBroken, Unavailable
from posttrade.quality import validate_batches, validate_day
from tests.quality.filling import insert, insert_batch, insert_records
from tests.quality.plants import RECORD_TYPES, TODAY, days, good_row, instant

DAY = dt.date(2026, 3, 16)
HOSTILE = {"trade_id": "<script>", "side": "HOLD", "symbol": "=cmd()"}
BATCH_STATE = """
    select batch_id, status, status_reason from landing.batches order by batch_id
"""
STORED_ROWS = """
    select 'reject', reject_id::text, feed, stage, reason, detail, payload::text
    from landing.rejects
    union all
    select 'staged', batch_id::text, trade_id, array_to_string(flags, ','), null, null, null
    from staging.executions
    union all
    select 'result', result_id::text, suite, worst_severity, quarantined_count::text, null, null
    from quality.results
    order by 1, 2, 3
"""


@pytest.fixture
def trade(trade_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(trade_dsn, autocommit=True) as connection:
        yield connection


def rejects_of(trade: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return trade.execute(
        "select feed, stage, reason, trade_id, payload from landing.rejects order by reject_id"
    ).fetchall()


@pytest.mark.parametrize("feed", RECORD_TYPES)
def test_good_batch_passes_whole(trade_dsn: str, trade: Any, feed: str) -> None:
    batch_id = insert_batch(trade, feed, [good_row(feed, TODAY) for _ in range(5)])

    counts = validate_batches(trade_dsn, [batch_id], run_id="r1")

    assert counts == StepCounts(rows_in=5, rows_out=5)
    assert trade.execute(BATCH_STATE).fetchall() == [(batch_id, "VALIDATED", None)]
    found = trade.execute(
        "select suite, batch_id, run_id, is_success, worst_severity, failed_count, errored_count"
        " from quality.results"
    ).fetchall()
    assert found == [(feed, batch_id, "r1", True, None, 0, 0)]


@pytest.mark.parametrize("feed", RECORD_TYPES)
def test_empty_batch_passes(trade_dsn: str, trade: Any, feed: str) -> None:
    batch_id = insert_batch(trade, feed, [])

    assert validate_batches(trade_dsn, [batch_id], run_id="r1") == StepCounts(0, 0)
    assert trade.execute(BATCH_STATE).fetchall() == [(batch_id, "VALIDATED", None)]


def test_failing_row_leaves_with_its_first_rule_and_all_of_them_in_detail(
    trade_dsn: str, trade: Any
) -> None:
    good = good_row("executions", TODAY)
    batch_id = insert_batch(trade, "executions", [good, {**good, **HOSTILE}])

    counts = validate_batches(trade_dsn, [batch_id], run_id="r1")

    assert counts == StepCounts(rows_in=2, rows_out=1)
    ((feed, stage, reason, trade_id, payload),) = rejects_of(trade)
    assert (feed, stage, reason) == ("executions", "quality", "trade_id_not_well_formed")
    assert trade_id == "<script>"
    assert payload.startswith(b"raw ")
    (detail,) = trade.execute("select detail from landing.rejects").fetchone()
    for rule in ("trade_id_not_well_formed", "symbol_not_well_formed", "side_unknown"):
        assert f"{rule}: " in detail
    assert trade.execute("select count(*) from staging.executions").fetchone() == (1,)


@pytest.mark.parametrize("feed", RECORD_TYPES)
def test_all_failing_rows_leave_not_just_the_first_twenty(
    trade_dsn: str, trade: Any, feed: str
) -> None:
    bad = {**good_row(feed, TODAY), "currency": "ZZZ"}
    batch_id = insert_batch(trade, feed, [bad] * 250 + [good_row(feed, TODAY)])

    assert validate_batches(trade_dsn, [batch_id], run_id="r1") == StepCounts(251, 1)
    assert {row[2] for row in rejects_of(trade)} == {"currency_not_iso_4217"}
    assert len(rejects_of(trade)) == 250


def test_only_this_batch_is_judged(trade_dsn: str, trade: Any) -> None:
    bad = {**good_row("executions", TODAY), **HOSTILE}
    other = insert_batch(trade, "executions", [bad])
    mine = insert_batch(trade, "executions", [good_row("executions", TODAY)])

    assert validate_batches(trade_dsn, [mine], run_id="r1") == StepCounts(1, 1)
    assert trade.execute(BATCH_STATE).fetchall() == [
        (other, "DRAINED", None),
        (mine, "VALIDATED", None),
    ]


def test_warning_is_a_flag_beside_those_the_row_has(trade_dsn: str, trade: Any) -> None:
    row = {**good_row("executions", TODAY), "symbol": "ZZZZ9", "counterparty_id": "NOBODY"}
    batch_id = insert_batch(trade, "executions", [{**row, "flags": ["side_not_stated"]}])

    validate_batches(trade_dsn, [batch_id], run_id="r1")

    (flags,) = trade.execute("select flags from staging.executions").fetchone()
    assert flags == [
        "counterparty_not_in_reference",
        "side_not_stated",
        "symbol_not_in_reference",
    ]
    assert trade.execute("select worst_severity from quality.results").fetchall() == [("warn",)]


def test_second_run_changes_nothing(trade_dsn: str, trade: Any) -> None:
    good = good_row("executions", TODAY)
    rows = [good, {**good, **HOSTILE}, {**good, "symbol": "ZZZZ9"}]
    batch_id = insert_batch(trade, "executions", rows)

    validate_batches(trade_dsn, [batch_id], run_id="r1")
    first = trade.execute(STORED_ROWS).fetchall()
    counts = validate_batches(trade_dsn, [batch_id], run_id="r1")

    assert counts == StepCounts(0, 0)
    assert trade.execute(STORED_ROWS).fetchall() == first


def test_failure_before_the_commit_leaves_no_trace(
    trade_dsn: str, trade: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from posttrade.quality import batches

    good = good_row("executions", TODAY)
    batch_id = insert_batch(trade, "executions", [good, {**good, **HOSTILE}])
    before = trade.execute(STORED_ROWS).fetchall()
    run_step = batches.run_step

    def fail_at_the_end(connection: Any, step: str, parameters: Any) -> StepCounts:
        if step == "quality/set_batch_status":
            raise InvariantBroken("planted")
        return run_step(connection, step, parameters)

    with monkeypatch.context() as patch, pytest.raises(InvariantBroken):
        patch.setattr(batches, "run_step", fail_at_the_end)
        validate_batches(trade_dsn, [batch_id], run_id="r1")
    assert trade.execute(STORED_ROWS).fetchall() == before

    assert validate_batches(trade_dsn, [batch_id], run_id="r1") == StepCounts(2, 1)


def test_stop_keeps_the_rows_and_lets_other_batches_go_on(trade_dsn: str, trade: Any) -> None:
    good = good_row("executions", TODAY)
    short = insert_batch(trade, "executions", [{**good, **HOSTILE}], miscounted_by=1)
    whole = insert_batch(trade, "trades", [good_row("trades", TODAY)])

    with pytest.raises(GateFailed, match=rf"batch {short} .*found 1, expected value = 2"):
        validate_batches(trade_dsn, [short, whole], run_id="r1")

    (stopped, went_on) = trade.execute(BATCH_STATE).fetchall()
    assert stopped[1] == "STOPPED"
    assert "staged_rows_missing_or_extra" in stopped[2]
    assert went_on == (whole, "VALIDATED", None)
    assert rejects_of(trade) == []
    with pytest.raises(GateFailed, match=f"batch {short} "):
        validate_batches(trade_dsn, [short, whole], run_id="r1")


def test_errored_expectation_stops_the_batch(trade_dsn: str, trade: Any) -> None:
    trade.execute(
        "create or replace function quality.fee_permille("
        " p_fees numeric, p_quantity numeric, p_price numeric) returns numeric"
        " language sql immutable parallel safe return p_fees / (p_price - p_price)"
    )
    batch_id = insert_batch(trade, "executions", [good_row("executions", TODAY)])

    with pytest.raises(GateFailed, match=r"could not be evaluated.*division by zero"):
        validate_batches(trade_dsn, [batch_id], run_id="r1")

    ((_, status, reason),) = trade.execute(BATCH_STATE).fetchall()
    assert status == "STOPPED"
    assert "could not be evaluated" in reason
    (errored,) = trade.execute("select errored_count from quality.results").fetchone()
    assert errored > 0
    assert rejects_of(trade) == []


def test_lost_database_is_no_finding(trade_dsn: str, trade: Any) -> None:
    trade.execute(
        "create or replace function quality.outright_price(p_price numeric, p_asset_class text)"
        " returns numeric language sql volatile"
        " return case when pg_terminate_backend(pg_backend_pid()) then p_price end"
    )
    batch_id = insert_batch(trade, "executions", [good_row("executions", TODAY)])

    with pytest.raises(Unavailable, match="broke off"):
        validate_batches(trade_dsn, [batch_id], run_id="r1")

    assert trade.execute(BATCH_STATE).fetchall() == [(batch_id, "DRAINED", None)]
    assert trade.execute("select count(*) from quality.results").fetchone() == (0,)


def test_unknown_batch_is_a_bug(trade_dsn: str) -> None:
    with pytest.raises(InvariantBroken, match="batch 4711"):
        validate_batches(trade_dsn, [4711], run_id="r1")


def test_ten_thousand_rows(trade_dsn: str, trade: Any, capsys: Any) -> None:
    row = good_row("executions", TODAY)
    warm = insert_batch(trade, "executions", [row])
    batch_id = insert_batch(trade, "executions", [row] * 9_900 + [{**row, **HOSTILE}] * 100)
    trade.execute("analyze")
    validate_batches(trade_dsn, [warm], run_id="r1")

    started = time.monotonic()
    counts = validate_batches(trade_dsn, [batch_id], run_id="r1")

    with capsys.disabled():
        seconds = time.monotonic() - started
        sys.stdout.write(f" 10,000 rows, 100 of them quarantined: {seconds:.2f} s ")
    assert counts == StepCounts(10_000, 9_900)


def accept(trade: Any, feed: str, rows: list[dict[str, Any]]) -> None:
    """Store records of the day and count them as received."""
    insert_records(trade, feed, rows)
    received = {"batch_id": 0, "feed": feed, "business_date": DAY, "received_count": len(rows)}
    insert(trade, "control", "received_counts", [received])


def test_good_day_passes(trade_dsn: str, trade: Any) -> None:
    for feed in RECORD_TYPES:
        accept(trade, feed, [good_row(feed, DAY) for _ in range(3)])

    assert validate_day(trade_dsn, DAY, run_id="r1") == StepCounts(12, 12)
    found = trade.execute("select suite, is_success from quality.results order by 1").fetchall()
    assert found == [
        ("broker_confirmations_day", True),
        ("executions_day", True),
        ("pnl_snapshot_day", True),
        ("totals_day", True),
        ("trades_day", True),
    ]


def test_empty_day_passes(trade_dsn: str) -> None:
    assert validate_day(trade_dsn, DAY, run_id="r1") == StepCounts(0, 0)


def test_day_quarantines_and_still_adds_up_and_can_run_again(trade_dsn: str, trade: Any) -> None:
    for feed in RECORD_TYPES:
        accept(trade, feed, [good_row(feed, DAY), {**good_row(feed, DAY), "currency": "ZZZ"}])
    place = trade.execute(
        "select topic, partition, message_offset from trade.pnl_snapshots where currency = 'ZZZ'"
    ).fetchone()
    unplaced: dict[str, Any] = {"record_type": "pnl_snapshot", "trade_id": "T"}
    unplaced.update(zip(("topic", "partition", "message_offset"), place, strict=True))
    insert(trade, "trade", "unplaced_records", [{**unplaced, "business_date": DAY}])

    assert validate_day(trade_dsn, DAY, run_id="r1") == StepCounts(8, 4)
    first = rejects_of(trade)
    assert {row[:3] for row in first} == {
        (feed, "close", "currency_not_iso_4217") for feed in RECORD_TYPES
    }
    assert trade.execute("select count(*) from trade.unplaced_records").fetchone() == (0,)

    assert validate_day(trade_dsn, DAY, run_id="r1") == StepCounts(4, 4)
    assert rejects_of(trade) == first
    assert trade.execute("select count(*) from quality.results").fetchone() == (5,)


def test_day_that_does_not_add_up_is_refused_by_name(trade_dsn: str, trade: Any) -> None:
    accept(trade, "trades", [good_row("trades", DAY)])
    received = {"batch_id": 0, "feed": "trades", "business_date": DAY, "received_count": 1}
    insert(trade, "control", "received_counts", [received])

    with pytest.raises(GateFailed) as refused:
        validate_day(trade_dsn, DAY, run_id="r1")

    for part in ("2026-03-16", "records_unaccounted_for", "found 1 of 10 rows", "run end_of_day"):
        assert part in str(refused.value)


def test_broken_rule_does_not_empty_the_day(trade_dsn: str, trade: Any) -> None:
    rows = [good_row("executions", DAY) for _ in range(300)]
    for row in rows[:101]:
        row["brokerage_fee"] = Decimal(20_000)
    accept(trade, "executions", rows)

    with pytest.raises(GateFailed, match=r"101 of 300 records .*fees_above_notional"):
        validate_day(trade_dsn, DAY, run_id="r1")

    assert trade.execute("select count(*) from trade.executions").fetchone() == (300,)
    assert rejects_of(trade) == []


def test_day_is_judged_by_the_day_it_was_recorded(trade_dsn: str, trade: Any) -> None:
    early = {**good_row("trades", DAY), "recorded_at": instant(DAY) - days(30)}
    accept(trade, "trades", [early])

    assert validate_day(trade_dsn, DAY, run_id="r1") == StepCounts(1, 1)
    found = trade.execute(
        "select result -> 'failed_rules' -> 0 ->> 'rule' from quality.results"
        " where suite = 'trades_day'"
    ).fetchone()
    assert found == ("business_date_ahead_of_record",)
