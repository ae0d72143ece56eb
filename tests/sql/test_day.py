"""A day from staging to its books: placement, totals that fail when they should, positions."""

from __future__ import annotations

import datetime as dt
import json
import threading
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from posttrade import batches, capture, close, promotion_gate
from posttrade.capture_progress import describe_stopped_batches
from posttrade.database import connect, run_step
from posttrade.errors import GateFailed, InvariantBroken
from posttrade.statements import read_statement

from .scenario import Stage

TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2026, 10, day) for day in (13, 14, 15))
ACCEPTED_FEEDS = ("executions", "broker_confirmations", "pnl_snapshot")
PLANTED_MATCH = "insert into recon.matches values ('2026-10-14', '3', 1, 1, 1, 'x', now())"


@pytest.fixture
def stage(trade_connection: psycopg.Connection[Any]) -> Stage:
    return Stage(trade_connection)


def _run(dsn: str, stage: Stage, *batches: tuple[str, list[dict[str, Any]]]) -> list[int]:
    batch_ids = [stage.add_batch(feed, *records) for feed, records in batches]
    stage.connection.commit()
    capture.promote_batches(dsn, batch_ids, run_id="test")
    capture.reconcile_batches(dsn, batch_ids, run_id="test")
    return batch_ids


def _close(dsn: str, *dates: dt.date) -> None:
    for date in dates:
        close.begin_close(dsn, date, run_id="test")
        close.reconcile_day(dsn, date, run_id="test")
        close.build_positions(dsn, date, run_id="test")
        close.count_control_totals(dsn, date, run_id="test")


def _ask(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def _trade(trade_id: str, date: dt.date, **terms: Any) -> dict[str, Any]:
    return {"trade_id": trade_id, "business_date": date, **terms}


def test_undated_records_find_their_execution_in_any_order(trade_dsn: str, stage: Stage) -> None:
    """An id that comes back every day, confirmed around midnight, before its execution."""
    midnight = dt.datetime(2026, 10, 15, tzinfo=dt.timezone.utc)
    for trade_date, own_date in ((TUESDAY, WEDNESDAY), (WEDNESDAY, WEDNESDAY)):
        late = {"confirmed_at": midnight} if trade_date == TUESDAY else {}
        _run(
            trade_dsn,
            stage,
            ("broker_confirmations", [_trade("1", own_date, is_date_stated=False, **late)]),
        )
        _run(trade_dsn, stage, ("executions", [_trade("1", trade_date)]))
        _run(trade_dsn, stage, ("pnl_snapshot", [_trade("1", trade_date)]))
    # both confirmations have Wednesday as their own date, so Wednesday's execution takes both
    _close(trade_dsn, TUESDAY, WEDNESDAY)
    found = _ask(
        trade_dsn, "select business_date, break_type from recon.breaks where status='OPEN'"
    )
    assert sorted(found) == [
        (TUESDAY, "missing_confirmation"),
        (WEDNESDAY, "duplicate_confirmation"),
        (WEDNESDAY, "timestamp_mismatch"),
    ]


def test_a_moved_record_leaves_nothing_behind(trade_dsn: str, stage: Stage) -> None:
    _run(
        trade_dsn,
        stage,
        (
            "broker_confirmations",
            [
                _trade("1", WEDNESDAY, is_date_stated=False),
                _trade("1", WEDNESDAY, is_date_stated=False),
                _trade("2", WEDNESDAY, is_date_stated=False),
            ],
        ),
        ("pnl_snapshot", [_trade("1", THURSDAY, is_date_stated=False)]),
    )
    _close(trade_dsn, WEDNESDAY, THURSDAY)
    assert len(_ask(trade_dsn, "select from recon.breaks where status = 'OPEN'")) == 3

    late = dt.datetime.combine(WEDNESDAY, dt.time(15), dt.timezone.utc)
    _run(trade_dsn, stage, ("executions", [_trade("1", TUESDAY, executed_at=late)]))
    _close(trade_dsn, TUESDAY, WEDNESDAY, THURSDAY)
    assert _ask(trade_dsn, "select business_date, trade_id from recon.matches") == [(TUESDAY, "1")]
    assert _ask(
        trade_dsn,
        "select business_date, trade_id, status, resolved_reason from recon.breaks order by 1, 2",
    ) == [
        (WEDNESDAY, "1", "RESOLVED", "records_moved_or_withdrawn"),
        (WEDNESDAY, "2", "OPEN", None),
        (THURSDAY, "1", "RESOLVED", "records_moved_or_withdrawn"),
    ]
    assert _ask(
        trade_dsn,
        "select business_date, feed, received_count, accepted_count, duplicate_count"
        " from control.date_totals where received_count <> 0 order by 1, 2",
    ) == [
        (TUESDAY, "broker_confirmations", 2, 1, 1),
        (TUESDAY, "executions", 1, 1, 0),
        (TUESDAY, "pnl_snapshot", 1, 1, 0),
        (WEDNESDAY, "broker_confirmations", 1, 1, 0),
    ]
    assert _ask(trade_dsn, "select trade_id from trade.unplaced_records") == [("2",)]


def test_a_new_version_takes_the_match_away_and_brings_it_back(
    trade_dsn: str, stage: Stage
) -> None:
    _run(trade_dsn, stage, *((feed, [_trade("1", WEDNESDAY)]) for feed in ACCEPTED_FEEDS))
    _run(trade_dsn, stage, ("executions", [_trade("1", WEDNESDAY, version=2, quantity=99)]))
    states = "select outcome, reconciled from recon.trades where trade_id = '1'"
    assert _ask(trade_dsn, states) == [("mismatched", False)]
    _run(trade_dsn, stage, ("executions", [_trade("1", WEDNESDAY, version=3)]))
    assert _ask(trade_dsn, states) == [("matched", True)]
    assert _ask(trade_dsn, "select distinct status from recon.breaks") == [("RESOLVED",)]


def test_waiting_ends_with_the_grace_period(trade_dsn: str, stage: Stage) -> None:
    _run(trade_dsn, stage, ("executions", [_trade("1", WEDNESDAY)]))
    due_at = capture.next_due_at(trade_dsn)
    assert due_at is not None
    assert _ask(trade_dsn, "select outcome from recon.trades") == [("pending",)]
    capture.reconcile_batches(
        trade_dsn, [], run_id="test", as_of=due_at - dt.timedelta(milliseconds=1)
    )
    assert _ask(trade_dsn, "select outcome from recon.trades") == [("pending",)]
    capture.reconcile_batches(trade_dsn, [], run_id="test", as_of=due_at)
    assert _ask(trade_dsn, "select outcome from recon.trades") == [("unmatched",)]
    assert capture.next_due_at(trade_dsn) is None


@pytest.mark.parametrize(
    "damage",
    [
        "set local posttrade.records_leave to on; delete from trade.executions",
        "set local posttrade.records_leave to on; delete from trade.confirmations",
        # one that stands alone, which the comparison does not look for where the numbers agree
        (
            "create temporary table more as select * from trade.pnl_snapshots limit 1;"
            " update more set trade_id = 'lone'; insert into trade.pnl_snapshots select * from more"
        ),
        "delete from landing.message_blocks where topic = 'pnl_snapshot'",
        "insert into landing.duplicates values ('x', 0, 9, 'executions', 1, '2026-10-14', '9', 1)",
    ],
)
def test_totals_fail_when_rows_are_changed_by_hand(
    trade_dsn: str, stage: Stage, damage: str
) -> None:
    records = [_trade("1", WEDNESDAY), _trade("2", WEDNESDAY)]
    _run(trade_dsn, stage, *((feed, records) for feed in ACCEPTED_FEEDS))
    close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")
    with connect(trade_dsn) as connection:
        connection.execute(damage.encode())
    with pytest.raises(GateFailed, match="do not add up"):
        close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")


def test_a_step_that_fails_leaves_nothing(trade_dsn: str, stage: Stage) -> None:
    """A crash before the end leaves the batch as it was; a second promotion does nothing."""
    batch_id = stage.add_batch("executions", _trade("1", WEDNESDAY))
    stage.connection.commit()
    with connect(trade_dsn) as connection:
        connection.execute("alter table outbox.announcements add constraint nothing check (false)")
    with pytest.raises(psycopg.errors.CheckViolation):
        capture.promote_batches(trade_dsn, [batch_id], run_id="test")
    assert _ask(trade_dsn, "select status from landing.batches") == [("VALIDATED",)]
    assert _ask(trade_dsn, "select from trade.executions") == []
    with connect(trade_dsn) as connection:
        connection.execute("alter table outbox.announcements drop constraint nothing")
    for _ in range(2):
        capture.promote_batches(trade_dsn, [batch_id], run_id="test")
        assert _ask(trade_dsn, "select status from landing.batches") == [("PROMOTED",)]
        assert len(_ask(trade_dsn, "select from trade.executions")) == 1
        assert len(_ask(trade_dsn, "select from outbox.announcements")) == 1


def test_a_kept_connection_serves_call_after_call(trade_dsn: str, stage: Stage) -> None:
    """As in rounds: also after a call that failed, and nothing of a call is left for the next."""
    with connect(trade_dsn) as kept:
        kept.autocommit = True
        for number in range(3):
            batch_ids = [
                stage.add_batch(feed, _trade(str(number), WEDNESDAY)) for feed in ACCEPTED_FEEDS
            ]
            lossy = stage.add_batch("executions", _trade(f"lost {number}", WEDNESDAY))
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
    assert _ask(trade_dsn, "select trade_id from recon.matches order by 1") == [
        ("0",),
        ("1",),
        ("2",),
    ]
    outcomes = "select step, outcome, count(*) from control.step_runs group by 1, 2 order by 1, 2"
    assert _ask(trade_dsn, outcomes) == [
        ("trade_capture/promote_batches", "DONE", 3),
        ("trade_capture/promote_batches", "FAILED", 3),
        ("trade_capture/reconcile_batches", "DONE", 3),
    ]


def test_enriched_trades_carry_exact_numbers(trade_dsn: str, stage: Stage) -> None:
    record = _trade("1", WEDNESDAY, quantity=Decimal("0.1"), price=Decimal("123456789.0123456789"))
    _run(trade_dsn, stage, ("executions", [record]))
    ((announcement_id,),) = _ask(trade_dsn, "select announcement_id from outbox.announcements")
    with connect(trade_dsn) as connection:
        row = connection.execute(
            read_statement("outbox/build_enriched_trades"),
            {"announcement_ids": [announcement_id], "business_date": WEDNESDAY},
        ).fetchone()
    assert row is not None
    payload = json.loads(row[-1], parse_float=Decimal)
    assert payload["trade_value"] == Decimal("12345678.90123456789")
    assert payload["settlement_date"] == "2026-10-15"


def test_positions_and_cash_agree_over_days(trade_dsn: str, stage: Stage) -> None:
    """price P&L = cash flow + position x mark, and days add up to the time since the start."""
    fills = {
        TUESDAY: [("BUY", 10, "2.50"), ("SELL", 4, "3.00")],
        WEDNESDAY: [("SELL", 9, "2.00")],
        THURSDAY: [("BUY", 3, "1.25")],
    }
    for number, (date, rows) in enumerate(fills.items()):
        _run(
            trade_dsn,
            stage,
            (
                "executions",
                [
                    _trade(
                        f"{number}-{i}",
                        date,
                        side=side,
                        quantity=quantity,
                        price=Decimal(price),
                        brokerage_fee=Decimal("0.10"),
                        executed_at=dt.datetime.combine(date, dt.time(15, i), dt.timezone.utc),
                    )
                    for i, (side, quantity, price) in enumerate(rows)
                ],
            ),
        )
    for _ in range(2):
        _close(trade_dsn, *fills)
    columns = "closing_quantity, mark_price, cash_flow_amount, day_pnl_amount, pnl_to_date_amount"
    found = [
        _ask(trade_dsn, f"select {columns}, fee_to_date_amount from books.positions('{date}')")[0]  # noqa: S608
        for date in fills
    ]
    assert found == [
        (6, Decimal("3.00"), -13, 5, 5, Decimal("0.20")),
        (-3, Decimal("2.00"), 18, -6, -1, Decimal("0.30")),
        (0, Decimal("1.25"), Decimal("-3.75"), Decimal("2.25"), Decimal("1.25"), Decimal("0.40")),
    ]


@pytest.mark.parametrize(
    "damage",
    [
        "delete from recon.matches where trade_id = '1'",
        "update recon.matches set trade_id = '9' where trade_id = '1'",
        "update recon.matches set confirmation_version = 2",
        PLANTED_MATCH,
        "; ".join(
            ("delete from recon.matches", PLANTED_MATCH, PLANTED_MATCH.replace("'3'", "'S'"))
        ),
        "delete from recon.breaks",
        "update recon.breaks set delta = 0",
    ],
)
def test_close_sets_right_what_was_changed_by_hand(
    trade_dsn: str, stage: Stage, damage: str
) -> None:
    records = [_trade("1", WEDNESDAY), _trade("2", WEDNESDAY)]
    wrong = _trade("3", WEDNESDAY, price=7)
    batches = {feed: [*records, _trade("3", WEDNESDAY)] for feed in ACCEPTED_FEEDS}
    batches["broker_confirmations"][-1] = wrong
    _run(trade_dsn, stage, *batches.items())
    columns = "business_date, trade_id, outcome, reconciled, open_break_types, price_delta"
    before = _ask(trade_dsn, f"select {columns} from recon.trades order by 2")  # noqa: S608
    assert [row[2] for row in before] == ["matched", "matched", "mismatched"]
    assert before[2][-1] == Decimal("-183.50")
    with connect(trade_dsn) as connection:
        connection.execute(damage.encode())
    close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
    assert _ask(trade_dsn, f"select {columns} from recon.trades order by 2") == before  # noqa: S608
    assert _ask(trade_dsn, "select delta from recon.breaks") == [(Decimal("-183.50"),)]
    assert len(_ask(trade_dsn, "select from recon.matches")) == 2


def test_promotion_waits_while_a_date_is_compared(
    trade_dsn: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the close would take what it has not looked at for what it found in order."""
    _run(trade_dsn, stage, *((feed, [_trade("GOOD", WEDNESDAY)]) for feed in ACCEPTED_FEEDS))
    late = {feed: [_trade("BAD", WEDNESDAY)] for feed in ACCEPTED_FEEDS}
    late["broker_confirmations"] = [_trade("BAD", WEDNESDAY, price=1), _trade("GHOST", WEDNESDAY)]
    late_ids = [stage.add_batch(feed, *records) for feed, records in late.items()]
    stage.connection.commit()
    promotion = threading.Thread(
        target=capture.promote_batches, args=(trade_dsn, late_ids), kwargs={"run_id": "late"}
    )
    run = capture.StepSequence.run

    def promote_between(steps: capture.StepSequence, *names: str) -> Any:
        counts = run(steps, *names)
        if "list_trades_to_compare" in names:
            promotion.start()
            promotion.join(timeout=2)
            assert promotion.is_alive()
        return counts

    with monkeypatch.context() as patch:
        patch.setattr(capture.StepSequence, "run", promote_between)
        close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
        promotion.join()
    assert _ask(trade_dsn, "select trade_id from recon.matches") == [("GOOD",)]
    capture.reconcile_batches(trade_dsn, late_ids, run_id="test")
    close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
    assert _ask(trade_dsn, "select trade_id from recon.matches") == [("GOOD",)]
    assert _ask(
        trade_dsn, "select trade_id, break_type from recon.breaks where status = 'OPEN' order by 1"
    ) == [("BAD", "price_mismatch"), ("GHOST", "missing_execution")]


def test_a_row_that_was_lost_in_staging_stops_its_batch_alone(trade_dsn: str, stage: Stage) -> None:
    """Counted after the loss, both sides of the totals would be one short and agree."""
    lossy = stage.add_batch("executions", _trade("1", WEDNESDAY), _trade("2", WEDNESDAY))
    whole = stage.add_batch("pnl_snapshot", _trade("1", WEDNESDAY))
    stage.connection.execute("delete from staging.executions where trade_id = '2'")
    stage.connection.commit()
    with pytest.raises(InvariantBroken, match=f"batch {lossy} .*2 messages .*1 staged rows"):
        capture.promote_batches(trade_dsn, [lossy, whole], run_id="test")
    states = "select batch_id, status from landing.batches order by 1"
    assert _ask(trade_dsn, states) == [(lossy, "STOPPED"), (whole, "PROMOTED")]
    assert _ask(trade_dsn, "select from trade.executions") == []

    batches.retry_batch(trade_dsn, lossy)
    with connect(trade_dsn) as connection:
        connection.execute("update landing.batches set status = 'VALIDATED' where status='DRAINED'")
    with pytest.raises(InvariantBroken):
        capture.promote_batches(trade_dsn, [lossy], run_id="test")
    assert batches.reject_batch(trade_dsn, lossy, detail="a row is missing") == 2
    received = "select sum(received_count) from control.received_counts where feed = 'executions'"
    assert _ask(trade_dsn, received) == [(2,)]


def test_rejects_of_a_batch_on_its_way_are_not_counted_yet(trade_dsn: str, stage: Stage) -> None:
    """Else a message that arrives during a close makes the date look wrong."""
    _run(trade_dsn, stage, ("executions", [_trade("1", WEDNESDAY)]))
    with connect(trade_dsn) as connection:
        connection.execute(
            "insert into landing.batches"
            " (batch_id, feed, status, message_count, staged_count, reject_count, run_id)"
            " overriding system value values (99, 'executions', 'DRAINED', 1, 0, 1, 'test')"
        )
        connection.execute("insert into landing.batch_ranges values (99, 'executions', 0, 1, 2, 1)")
        connection.execute(
            "insert into landing.rejects"
            " (feed, topic, partition, message_offset, batch_id, business_date, stage, reason,"
            " detail) values ('executions', 'executions', 0, 1, 99, %s, 'contract', 'not_json',"
            " '-')",
            (WEDNESDAY,),
        )
    for status, said in (("DRAINED", 0), ("STOPPED", 1)):
        with connect(trade_dsn) as connection:
            connection.execute(
                "update landing.batches set status = %s where batch_id = 99", (status,)
            )
        with connect(trade_dsn) as connection:
            connection.execute("select set_config('gx.business_date', '2026-10-14', true)")
            totals = connection.execute("select sum(unaccounted_count) from quality.day_totals")
            assert totals.fetchone() == (0,)
        assert _ask(trade_dsn, "select from control.rejects") == []
        close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")
        assert len(describe_stopped_batches(trade_dsn, WEDNESDAY)) == said


def test_a_quarantined_record_moves_no_more(trade_dsn: str, stage: Stage) -> None:
    """It stands among the rejects of the date that it left, and is counted there once."""
    _run(trade_dsn, stage, ("executions", [_trade("1", TUESDAY)]))
    _run(
        trade_dsn,
        stage,
        ("broker_confirmations", [_trade("1", WEDNESDAY, is_date_stated=False)]),
        ("pnl_snapshot", [_trade("1", WEDNESDAY, is_date_stated=False)]),
    )
    finding = {"topic": "broker_confirmations", "partition": 0, "message_offset": 0}
    finding.update(reason="price_not_finite", detail="-")
    with connect(trade_dsn) as connection:
        # a snapshot that went by another way is listed still
        connection.execute("set local posttrade.records_leave to on")
        connection.execute("delete from trade.pnl_snapshots")
        parameters = {"business_date": TUESDAY, "findings": Jsonb([finding])}
        run_step(connection, "quality/quarantine_records", parameters)
    _run(trade_dsn, stage, ("executions", [_trade("1", WEDNESDAY)]))
    assert _ask(
        trade_dsn,
        "select feed, business_date, sum(received_count)::int from control.received_counts"
        " where feed <> 'executions' group by 1, 2 having sum(received_count) <> 0 order by 1",
    ) == [("broker_confirmations", TUESDAY, 1), ("pnl_snapshot", TUESDAY, 1)]
    assert _ask(trade_dsn, "select topic from trade.displaced_records") == [("pnl_snapshot",)]


@pytest.mark.parametrize("execution_first", [True, False])
@pytest.mark.parametrize("days", [7, 8, 250])
def test_a_trade_id_used_again_much_later_takes_no_old_confirmation(
    trade_dsn: str, stage: Stage, days: int, *, execution_first: bool
) -> None:
    """A snapshot states no instant, and belongs to its trade however late it arrives."""
    later = TUESDAY + dt.timedelta(days=days)
    runs = [
        ("executions", [_trade("1", later)]),
        ("broker_confirmations", [_trade("1", TUESDAY, is_date_stated=False)]),
        ("pnl_snapshot", [_trade("1", TUESDAY, is_date_stated=False)]),
    ]
    for run in runs if execution_first else reversed(runs):
        _run(trade_dsn, stage, run)
    stands = later if days <= 7 else TUESDAY
    assert _ask(trade_dsn, "select business_date from trade.confirmations") == [(stands,)]
    assert _ask(trade_dsn, "select business_date from trade.pnl_snapshots") == [(later,)]


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
        _trade("1", WEDNESDAY, payload=json.dumps(SHORT).encode()),
        _trade("1", WEDNESDAY, **terms, payload=json.dumps(message).encode()),
    ]
    for form in forms if short_first else reversed(forms):
        _run(trade_dsn, stage, ("executions", [form]))
    found = (
        "select (select count(*) from landing.duplicates), (select count(*) from trade.conflicts)"
    )
    assert _ask(trade_dsn, found) == [counted]


@pytest.mark.parametrize("payload", [rb'{"trade_id": "1", "note": "\u0000"}', b"\xff", None])
def test_a_message_that_cannot_be_read_again_counts_as_stating_all(
    trade_dsn: str, stage: Stage, payload: bytes | None
) -> None:
    for account in ("FUND1", "FUND2"):
        record = _trade("1", WEDNESDAY, account=account, payload=payload)
        _run(trade_dsn, stage, ("executions", [record]))
    terms = "select kept_terms, refused_terms from trade.conflicts"
    assert _ask(trade_dsn, terms) == [("account=FUND1", "account=FUND2")]


def test_a_late_trade_of_a_closed_date_is_in_later_positions(trade_dsn: str, stage: Stage) -> None:
    _run(trade_dsn, stage, ("executions", [_trade("1", TUESDAY)]))
    _close(trade_dsn, TUESDAY, WEDNESDAY)
    _run(
        trade_dsn,
        stage,
        ("executions", [_trade("LATE", TUESDAY, quantity=7), _trade("2", THURSDAY)]),
    )
    _run(trade_dsn, stage, ("executions", [_trade("1", TUESDAY, version=2, quantity=99)]))
    assert _ask(trade_dsn, "select business_date from books.stale_dates") == [(TUESDAY,)]
    _close(trade_dsn, THURSDAY)
    position = "select opening_quantity, closing_quantity from books.positions('2026-10-15')"
    assert _ask(trade_dsn, position) == [(106, 206)]
    assert _ask(trade_dsn, "select from books.stale_dates") == []

    finding = {"topic": "executions", "partition": 0, "message_offset": 1}
    finding.update(reason="price_not_finite", detail="-")
    with connect(trade_dsn) as connection:
        parameters = {"business_date": TUESDAY, "findings": Jsonb([finding])}
        run_step(connection, "quality/quarantine_records", parameters)
    close.build_positions(trade_dsn, THURSDAY, run_id="test")
    assert _ask(trade_dsn, position) == [(99, 199)]


def test_a_flood_of_dates_stops_its_batch_before_any_is_opened(
    trade_dsn: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = [TUESDAY - dt.timedelta(days=day) for day in range(41)]
    flood = stage.add_batch("executions", *(_trade("1", date) for date in dates))
    stage.connection.execute(
        "insert into quality.results (suite, batch_id, run_id, is_success, evaluated_count,"
        " failed_count, errored_count, quarantined_count, duration_ms, result)"
        " values ('executions', %s, 'test', true, 1, 0, 0, 0, 1, '{}')",
        (flood,),
    )
    some = stage.add_batch("pnl_snapshot", *(_trade("1", date) for date in dates[:2]))
    stage.connection.commit()
    partitions = (
        "select count(*) from pg_class where relnamespace = 'recon'::regnamespace"
        " and relkind = 'r' and relname like 'breaks\\_2%'"
    )
    before = _ask(trade_dsn, partitions)[0][0]
    with pytest.raises(GateFailed, match=f"batch {flood} .*41 new business dates"):
        capture.promote_batches(trade_dsn, [flood, some], run_id="test")
    states = "select status from landing.batches order by batch_id"
    assert _ask(trade_dsn, states) == [("STOPPED",), ("PROMOTED",)]
    assert _ask(trade_dsn, partitions) == [(before + 2,)]
    assert "41 new business dates" in describe_stopped_batches(trade_dsn, TUESDAY)[0]

    monkeypatch.setattr(promotion_gate, "NEW_DATES_MAX", 38)
    assert batches.retry_batch(trade_dsn, flood) == "VALIDATED"
    with pytest.raises(GateFailed, match="39 new business dates"):
        capture.promote_batches(trade_dsn, [flood], run_id="test")
    assert batches.retry_batch(trade_dsn, flood, allow_dates=True) == "VALIDATED"
    capture.promote_batches(trade_dsn, [flood], run_id="test")
    assert _ask(trade_dsn, states) == [("PROMOTED",), ("PROMOTED",)]
    assert _ask(trade_dsn, "select count(*) from trade.executions") == [(41,)]


@pytest.mark.parametrize("change", ["update {} set batch_id = 9", "delete from {}", "truncate {}"])
def test_accepted_records_stay_whoever_asks(trade_dsn: str, stage: Stage, change: str) -> None:
    _run(trade_dsn, stage, *((feed, [_trade("1", WEDNESDAY)]) for feed in ACCEPTED_FEEDS))
    for table in ("executions", "confirmations", "pnl_snapshots", f"executions_{WEDNESDAY:%Y%m%d}"):
        if change.startswith("truncate") and table.endswith(f"{WEDNESDAY:%Y%m%d}"):
            continue  # a partition is emptied by its owner alone, as it may be dropped
        with connect(trade_dsn) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute(change.format(f"trade.{table}").encode())
        assert refused.value.sqlstate == "PT001"
