"""Records that state no date of their own find that of their trade, in any order."""

from __future__ import annotations

import datetime as dt

import pytest
from psycopg.types.json import Jsonb

from posttrade.database import connect, run_step

from .day import (
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    ask,
    close_dates,
    make_trade,
    run_batches,
)
from .scenario import Stage


def test_undated_records_find_their_execution_in_any_order(trade_dsn: str, stage: Stage) -> None:
    """An id that comes back every day, confirmed around midnight, before its execution."""
    midnight = dt.datetime(2026, 10, 15, tzinfo=dt.timezone.utc)
    for trade_date, own_date in ((TUESDAY, WEDNESDAY), (WEDNESDAY, WEDNESDAY)):
        late = {"confirmed_at": midnight} if trade_date == TUESDAY else {}
        run_batches(
            trade_dsn,
            stage,
            ("broker_confirmations", [make_trade("1", own_date, is_date_stated=False, **late)]),
        )
        run_batches(trade_dsn, stage, ("executions", [make_trade("1", trade_date)]))
        run_batches(trade_dsn, stage, ("pnl_snapshot", [make_trade("1", trade_date)]))
    # both confirmations have Wednesday as their own date, so Wednesday's execution takes both
    close_dates(trade_dsn, TUESDAY, WEDNESDAY)
    found = ask(trade_dsn, "select business_date, break_type from recon.breaks where status='OPEN'")
    assert sorted(found) == [
        (TUESDAY, "missing_confirmation"),
        (WEDNESDAY, "duplicate_confirmation"),
        (WEDNESDAY, "timestamp_mismatch"),
    ]


def test_a_moved_record_leaves_nothing_behind(trade_dsn: str, stage: Stage) -> None:
    run_batches(
        trade_dsn,
        stage,
        (
            "broker_confirmations",
            [
                make_trade("1", WEDNESDAY, is_date_stated=False),
                make_trade("1", WEDNESDAY, is_date_stated=False),
                make_trade("2", WEDNESDAY, is_date_stated=False),
            ],
        ),
        ("pnl_snapshot", [make_trade("1", THURSDAY, is_date_stated=False)]),
    )
    close_dates(trade_dsn, WEDNESDAY, THURSDAY)
    assert len(ask(trade_dsn, "select from recon.breaks where status = 'OPEN'")) == 3

    late = dt.datetime.combine(WEDNESDAY, dt.time(15), dt.timezone.utc)
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", TUESDAY, executed_at=late)]))
    close_dates(trade_dsn, TUESDAY, WEDNESDAY, THURSDAY)
    assert ask(trade_dsn, "select business_date, trade_id from recon.matches") == [(TUESDAY, "1")]
    assert ask(
        trade_dsn,
        "select business_date, trade_id, status, resolved_reason from recon.breaks order by 1, 2",
    ) == [
        (WEDNESDAY, "1", "RESOLVED", "records_moved_or_withdrawn"),
        (WEDNESDAY, "2", "OPEN", None),
        (THURSDAY, "1", "RESOLVED", "records_moved_or_withdrawn"),
    ]
    assert ask(
        trade_dsn,
        "select business_date, feed, received_count, accepted_count, duplicate_count"
        " from control.date_totals where received_count <> 0 order by 1, 2",
    ) == [
        (TUESDAY, "broker_confirmations", 2, 1, 1),
        (TUESDAY, "executions", 1, 1, 0),
        (TUESDAY, "pnl_snapshot", 1, 1, 0),
        (WEDNESDAY, "broker_confirmations", 1, 1, 0),
    ]
    assert ask(trade_dsn, "select trade_id from trade.unplaced_records") == [("2",)]


def test_a_quarantined_record_moves_no_more(trade_dsn: str, stage: Stage) -> None:
    """It stands among the rejects of the date that it left, and is counted there once."""
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", TUESDAY)]))
    run_batches(
        trade_dsn,
        stage,
        ("broker_confirmations", [make_trade("1", WEDNESDAY, is_date_stated=False)]),
        ("pnl_snapshot", [make_trade("1", WEDNESDAY, is_date_stated=False)]),
    )
    finding = {"topic": "broker_confirmations", "partition": 0, "message_offset": 0}
    finding.update(reason="price_not_finite", detail="-")
    with connect(trade_dsn) as connection:
        # a snapshot that went by another way is listed still
        connection.execute("set local posttrade.records_leave to on")
        connection.execute("delete from trade.pnl_snapshots")
        parameters = {"business_date": TUESDAY, "findings": Jsonb([finding])}
        run_step(connection, "quality/quarantine_records", parameters)
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", WEDNESDAY)]))
    assert ask(
        trade_dsn,
        "select feed, business_date, sum(received_count)::int from control.received_counts"
        " where feed <> 'executions' group by 1, 2 having sum(received_count) <> 0 order by 1",
    ) == [("broker_confirmations", TUESDAY, 1), ("pnl_snapshot", TUESDAY, 1)]
    assert ask(trade_dsn, "select topic from trade.displaced_records") == [("pnl_snapshot",)]


@pytest.mark.parametrize("execution_first", [True, False])
@pytest.mark.parametrize("days", [7, 8, 250])
def test_a_trade_id_used_again_much_later_takes_no_old_confirmation(
    trade_dsn: str, stage: Stage, days: int, *, execution_first: bool
) -> None:
    """A snapshot states no instant, and belongs to its trade however late it arrives."""
    later = TUESDAY + dt.timedelta(days=days)
    runs = [
        ("executions", [make_trade("1", later)]),
        ("broker_confirmations", [make_trade("1", TUESDAY, is_date_stated=False)]),
        ("pnl_snapshot", [make_trade("1", TUESDAY, is_date_stated=False)]),
    ]
    for run in runs if execution_first else reversed(runs):
        run_batches(trade_dsn, stage, run)
    stands = later if days <= 7 else TUESDAY
    assert ask(trade_dsn, "select business_date from trade.confirmations") == [(stands,)]
    assert ask(trade_dsn, "select business_date from trade.pnl_snapshots") == [(later,)]
