"""Batches from staging to the books of three days, for tests of what becomes of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from posttrade import capture, close
from posttrade.database import connect

from .scenario import Stage

TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2026, 10, day) for day in (13, 14, 15))
ACCEPTED_FEEDS = ("executions", "broker_confirmations", "pnl_snapshot")


def run_batches(dsn: str, stage: Stage, *batches: tuple[str, list[dict[str, Any]]]) -> list[int]:
    batch_ids = [stage.add_batch(feed, *records) for feed, records in batches]
    stage.connection.commit()
    capture.promote_batches(dsn, batch_ids, run_id="test")
    capture.reconcile_batches(dsn, batch_ids, run_id="test")
    return batch_ids


def close_dates(dsn: str, *dates: dt.date) -> None:
    for date in dates:
        close.begin_close(dsn, date, run_id="test")
        close.reconcile_day(dsn, date, run_id="test")
        close.build_positions(dsn, date, run_id="test")
        close.count_control_totals(dsn, date, run_id="test")


def ask(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def make_trade(trade_id: str, date: dt.date, **terms: Any) -> dict[str, Any]:
    return {"trade_id": trade_id, "business_date": date, **terms}
