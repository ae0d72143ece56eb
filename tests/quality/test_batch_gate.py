"""The gate of the micro-batch: what it stores, and what it stops."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from posttrade.database import StepCounts
from posttrade.errors import GateFailed, InvariantBroken, Unavailable
from posttrade.quality import validate_batches
from tests.quality.filling import insert_batch, rejects_of
from tests.quality.plants import RECORD_TYPES, TODAY, good_row

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
