"""Who reads matches while a date is closed sees them all or none, and waits for nobody."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from posttrade import capture, close
from posttrade.database import connect

from .scenario import Stage

DATE = dt.date(2026, 10, 14)
FEEDS = ("executions", "broker_confirmations", "pnl_snapshot")
TRADES = 40


def _promote(dsn: str, stage: Stage) -> list[int]:
    records = [{"trade_id": f"T{n}", "business_date": DATE} for n in range(TRADES)]
    batch_ids = [stage.add_batch(feed, *records) for feed in FEEDS]
    stage.connection.commit()
    capture.promote_batches(dsn, batch_ids, run_id="test")
    return batch_ids


def test_a_reader_never_sees_half_a_date(
    trade_dsn: str, trade_connection: psycopg.Connection[Any]
) -> None:
    _promote(trade_dsn, Stage(trade_connection))
    is_closed = threading.Event()

    def read() -> set[int]:
        seen = set()
        with connect(trade_dsn) as connection:
            connection.execute("set lock_timeout = '2s'")
            while not is_closed.is_set():
                row = connection.execute(
                    "select count(*) filter (where reconciled) from recon.trades"
                    " where business_date = %s",
                    (DATE,),
                ).fetchone()
                connection.commit()
                assert row is not None
                seen.add(row[0])
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for _ in range(5):
                close.reconcile_day(trade_dsn, DATE, run_id="test")
                with connect(trade_dsn) as connection:
                    connection.execute("delete from recon.match_sets")
                    connection.execute("delete from recon.match_set_exceptions")
        finally:
            is_closed.set()
        for reader in readers:
            assert reader.result(timeout=30) <= {0, TRADES}


def test_a_close_does_not_wait_for_a_reader(
    trade_dsn: str, trade_connection: psycopg.Connection[Any]
) -> None:
    """A report reads for minutes in one transaction; the close takes no lock that it holds."""
    _promote(trade_dsn, Stage(trade_connection))
    with connect(trade_dsn) as reader:
        reader.execute("set transaction isolation level repeatable read")
        before = reader.execute("select count(*) from recon.matches").fetchone()
        closing = threading.Thread(
            target=close.reconcile_day, args=(trade_dsn, DATE), kwargs={"run_id": "test"}
        )
        closing.start()
        closing.join(timeout=60)
        assert not closing.is_alive()
        assert reader.execute("select count(*) from recon.matches").fetchone() == before == (0,)
    with connect(trade_dsn) as reader:
        assert reader.execute("select count(*) from recon.matches").fetchone() == (TRADES,)
