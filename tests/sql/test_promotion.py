"""A batch is promoted whole, once, or not at all; what was accepted stays."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from posttrade import batches, capture, promotion_gate
from posttrade.capture_progress import describe_stopped_batches
from posttrade.database import connect
from posttrade.errors import GateFailed, InvariantBroken
from posttrade.statements import read_statement

from .day import (
    ACCEPTED_FEEDS,
    TUESDAY,
    WEDNESDAY,
    ask,
    make_trade,
    run_batches,
)
from .scenario import Stage


def test_a_step_that_fails_leaves_nothing(trade_dsn: str, stage: Stage) -> None:
    """A crash before the end leaves the batch as it was; a second promotion does nothing."""
    batch_id = stage.add_batch("executions", make_trade("1", WEDNESDAY))
    stage.connection.commit()
    with connect(trade_dsn) as connection:
        connection.execute("alter table outbox.announcements add constraint nothing check (false)")
    with pytest.raises(psycopg.errors.CheckViolation):
        capture.promote_batches(trade_dsn, [batch_id], run_id="test")
    assert ask(trade_dsn, "select status from landing.batches") == [("VALIDATED",)]
    assert ask(trade_dsn, "select from trade.executions") == []
    with connect(trade_dsn) as connection:
        connection.execute("alter table outbox.announcements drop constraint nothing")
    for _ in range(2):
        capture.promote_batches(trade_dsn, [batch_id], run_id="test")
        assert ask(trade_dsn, "select status from landing.batches") == [("PROMOTED",)]
        assert len(ask(trade_dsn, "select from trade.executions")) == 1
        assert len(ask(trade_dsn, "select from outbox.announcements")) == 1


def test_a_kept_connection_serves_call_after_call(trade_dsn: str, stage: Stage) -> None:
    """As in rounds: also after a call that failed, and nothing of a call is left for the next."""
    with connect(trade_dsn) as kept:
        kept.autocommit = True
        for number in range(3):
            batch_ids = [
                stage.add_batch(feed, make_trade(str(number), WEDNESDAY)) for feed in ACCEPTED_FEEDS
            ]
            lossy = stage.add_batch("executions", make_trade(f"lost {number}", WEDNESDAY))
            stage.connection.execute("delete from staging.executions where trade_id like 'lost%'")
            stage.connection.commit()
            with pytest.raises(InvariantBroken):
                capture.promote_batches(trade_dsn, [lossy], run_id="test", connection=kept)
            capture.promote_batches(trade_dsn, batch_ids, run_id="test", connection=kept)
            capture.reconcile_batches(trade_dsn, batch_ids, run_id="test", connection=kept)
            assert kept.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        left = kept.execute(
            "select relname from pg_class where pg_is_other_temp_schema("
            "relnamespace) is false and relpersistence = 't' and relkind <> 't'"
        )
        assert left.fetchall() == []
    assert ask(trade_dsn, "select trade_id from recon.matches order by 1") == [
        ("0",),
        ("1",),
        ("2",),
    ]
    outcomes = "select step, outcome, count(*) from control.step_runs group by 1, 2 order by 1, 2"
    assert ask(trade_dsn, outcomes) == [
        ("trade_capture/promote_batches", "DONE", 3),
        ("trade_capture/promote_batches", "FAILED", 3),
        ("trade_capture/reconcile_batches", "DONE", 3),
    ]


def test_enriched_trades_carry_exact_numbers(trade_dsn: str, stage: Stage) -> None:
    record = make_trade(
        "1", WEDNESDAY, quantity=Decimal("0.1"), price=Decimal("123456789.0123456789")
    )
    run_batches(trade_dsn, stage, ("executions", [record]))
    ((announcement_id,),) = ask(trade_dsn, "select announcement_id from outbox.announcements")
    with connect(trade_dsn) as connection:
        row = connection.execute(
            read_statement("outbox/build_enriched_trades"),
            {"announcement_ids": [announcement_id], "business_date": WEDNESDAY},
        ).fetchone()
    assert row is not None
    payload = json.loads(row[-1], parse_float=Decimal)
    assert payload["trade_value"] == Decimal("12345678.90123456789")
    assert payload["settlement_date"] == "2026-10-15"


def test_a_row_that_was_lost_in_staging_stops_its_batch_alone(trade_dsn: str, stage: Stage) -> None:
    """Counted after the loss, both sides of the totals would be one short and agree."""
    lossy = stage.add_batch("executions", make_trade("1", WEDNESDAY), make_trade("2", WEDNESDAY))
    whole = stage.add_batch("pnl_snapshot", make_trade("1", WEDNESDAY))
    stage.connection.execute("delete from staging.executions where trade_id = '2'")
    stage.connection.commit()
    with pytest.raises(InvariantBroken, match=f"batch {lossy} .*2 messages .*1 staged rows"):
        capture.promote_batches(trade_dsn, [lossy, whole], run_id="test")
    states = "select batch_id, status from landing.batches order by 1"
    assert ask(trade_dsn, states) == [(lossy, "STOPPED"), (whole, "PROMOTED")]
    assert ask(trade_dsn, "select from trade.executions") == []

    batches.retry_batch(trade_dsn, lossy)
    with connect(trade_dsn) as connection:
        connection.execute("update landing.batches set status = 'VALIDATED' where status='DRAINED'")
    with pytest.raises(InvariantBroken):
        capture.promote_batches(trade_dsn, [lossy], run_id="test")
    assert batches.reject_batch(trade_dsn, lossy, detail="a row is missing") == 2
    received = "select sum(received_count) from control.received_counts where feed = 'executions'"
    assert ask(trade_dsn, received) == [(2,)]


SHORT = {"trade_id": "1", "ticker": "AAPL", "quantity": 100, "price": 190.50}
FULL = {"trade_id": "1", "symbol": "AAPL", "quantity": 100, "price": 190.50, "side": "SELL"}
FULL_TERMS = {"side": "SELL", "account": "FUND1", "brokerage_fee": 1, "currency": "EUR"}


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ({}, (1, 0)),
        ({"status": "ALLOCATED"}, (1, 0)),
        ({"quantity": 101}, (0, 1)),
        ({"status": "CANCELLED"}, (0, 1)),
    ],
)
@pytest.mark.parametrize("short_first", [True, False])
def test_short_and_full_form_of_a_trade_are_the_same_in_either_order(
    trade_dsn: str,
    stage: Stage,
    more: dict[str, Any],
    counted: tuple[int, int],
    *,
    short_first: bool,
) -> None:
    terms = {**FULL_TERMS, **more}
    message = {**FULL, **FULL_TERMS, **more}
    forms = [
        make_trade("1", WEDNESDAY, payload=json.dumps(SHORT).encode()),
        make_trade("1", WEDNESDAY, **terms, payload=json.dumps(message).encode()),
    ]
    for form in forms if short_first else reversed(forms):
        run_batches(trade_dsn, stage, ("executions", [form]))
    found = (
        "select (select count(*) from landing.duplicates), (select count(*) from trade.conflicts)"
    )
    assert ask(trade_dsn, found) == [counted]


@pytest.mark.parametrize("payload", [rb'{"trade_id": "1", "note": "\u0000"}', b"\xff", None])
def test_a_message_that_cannot_be_read_again_counts_as_stating_all(
    trade_dsn: str, stage: Stage, payload: bytes | None
) -> None:
    for account in ("FUND1", "FUND2"):
        record = make_trade("1", WEDNESDAY, account=account, payload=payload)
        run_batches(trade_dsn, stage, ("executions", [record]))
    terms = "select kept_terms, refused_terms from trade.conflicts"
    assert ask(trade_dsn, terms) == [("account=FUND1", "account=FUND2")]


def test_a_flood_of_dates_stops_its_batch_before_any_is_opened(
    trade_dsn: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = [TUESDAY - dt.timedelta(days=day) for day in range(41)]
    flood = stage.add_batch("executions", *(make_trade("1", date) for date in dates))
    stage.connection.execute(
        "insert into quality.results (suite, batch_id, run_id, is_success, evaluated_count,"
        " failed_count, errored_count, quarantined_count, duration_ms, result)"
        " values ('executions', %s, 'test', true, 1, 0, 0, 0, 1, '{}')",
        (flood,),
    )
    some = stage.add_batch("pnl_snapshot", *(make_trade("1", date) for date in dates[:2]))
    stage.connection.commit()
    partitions = (
        "select count(*) from pg_class where relnamespace = 'recon'::regnamespace"
        " and relkind = 'r' and relname like 'breaks\\_2%'"
    )
    before = ask(trade_dsn, partitions)[0][0]
    with pytest.raises(GateFailed, match=f"batch {flood} .*41 new business dates"):
        capture.promote_batches(trade_dsn, [flood, some], run_id="test")
    states = "select status from landing.batches order by batch_id"
    assert ask(trade_dsn, states) == [("STOPPED",), ("PROMOTED",)]
    assert ask(trade_dsn, partitions) == [(before + 2,)]
    assert "41 new business dates" in describe_stopped_batches(trade_dsn, TUESDAY)[0]

    monkeypatch.setattr(promotion_gate, "NEW_DATES_MAX", 38)
    assert batches.retry_batch(trade_dsn, flood) == "VALIDATED"
    with pytest.raises(GateFailed, match="39 new business dates"):
        capture.promote_batches(trade_dsn, [flood], run_id="test")
    assert batches.retry_batch(trade_dsn, flood, allow_dates=True) == "VALIDATED"
    capture.promote_batches(trade_dsn, [flood], run_id="test")
    assert ask(trade_dsn, states) == [("PROMOTED",), ("PROMOTED",)]
    assert ask(trade_dsn, "select count(*) from trade.executions") == [(41,)]


@pytest.mark.parametrize("change", ["update {} set batch_id = 9", "delete from {}", "truncate {}"])
def test_accepted_records_stay_whoever_asks(trade_dsn: str, stage: Stage, change: str) -> None:
    run_batches(
        trade_dsn, stage, *((feed, [make_trade("1", WEDNESDAY)]) for feed in ACCEPTED_FEEDS)
    )
    for table in ("executions", "confirmations", "pnl_snapshots", f"executions_{WEDNESDAY:%Y%m%d}"):
        if change.startswith("truncate") and table.endswith(f"{WEDNESDAY:%Y%m%d}"):
            continue  # a partition is emptied by its owner alone, as it may be dropped
        with connect(trade_dsn) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute(change.format(f"trade.{table}").encode())
        assert refused.value.sqlstate == "PT001"
