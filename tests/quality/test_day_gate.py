"""The gate of the close: what it stores, and what it stops."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from posttrade.database import StepCounts
from posttrade.errors import GateFailed
from posttrade.quality import validate_day
from tests.quality.filling import insert, insert_records, rejects_of
from tests.quality.plants import RECORD_TYPES, days, good_row, instant

DAY = dt.date(2026, 3, 16)


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
