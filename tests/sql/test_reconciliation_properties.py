"""Any history, in any batches: near real time, close and a plain Python oracle agree."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posttrade import capture, close
from posttrade.database import connect

from .oracle import CONFIRMATION, EXECUTION, PNL_SNAPSHOT, Record, Verdict, judge
from .scenario import Stage

DATES = [dt.date(2026, 10, day) for day in (14, 13, 16)]
# in the order in which a drain hands the feeds over
FEEDS = ("trades", "executions", "broker_confirmations", "pnl_snapshot")
BASE_PRICES = {
    "A": Decimal("0.02"),
    "B": Decimal("190.50"),
    "C": Decimal("-37.63"),
    "D": Decimal(1),
}
# exactly on the bound, and just beyond it
PRICE_STEPS = [Decimal(text) for text in ("0", "0.005", "-0.005", "0.0051", "-0.0050000001")]
LATER = dt.timedelta(hours=1)


def _instant(date: dt.date, drift_ms: int) -> dt.datetime:
    noon = dt.datetime.combine(date, dt.time(15), dt.timezone.utc)
    return noon + dt.timedelta(milliseconds=drift_ms)


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value, and now and then another one."""
    return st.sampled_from((*[usual] * (2 * len(others)), *others))


@st.composite
def _records(draw: st.DrawFn, kind: str) -> tuple[str, Record]:
    is_undated = kind != EXECUTION and draw(st.booleans())
    # the short forms, which state no date, know only version 1
    version = 1 if is_undated else draw(_mostly(1, 2, 3))
    trade_id = draw(st.sampled_from(tuple(BASE_PRICES)))
    base = BASE_PRICES[trade_id]
    terms: dict[str, Any] = {
        "kind": kind,
        "trade_id": trade_id,
        "version": version,
        "date": draw(_mostly(*DATES)),
        "is_date_stated": not is_undated,
        "is_cancelled": version > 1 and draw(st.booleans()),
    }
    if kind == PNL_SNAPSHOT:
        gap = draw(_mostly("0", "0.999999", "1", "-1", "-1.0000001"))
        commission = draw(st.sampled_from((Decimal("0.5"), Decimal(0))))
        terms["commission"] = commission
        terms["pnl_impact"] = base * 100 - commission + Decimal(gap)
        return "pnl_snapshot", Record(**terms)
    drift = draw(_mostly(0, 100, -100, 101, -101))
    terms["quantity"] = Decimal(draw(_mostly(100, 101)))
    terms["price"] = base + draw(_mostly(*PRICE_STEPS))
    terms["instant"] = _instant(DATES[0], drift)
    if kind == CONFIRMATION:
        return "broker_confirmations", Record(**terms)
    expects = draw(_mostly(True, False))
    # now and then another feed than its source's own brings it
    feed = draw(_mostly(*(("executions", "trades") if expects else ("trades", "executions"))))
    return feed, Record(**terms, expects_others=expects)


MESSAGES = st.one_of(
    *(_records(kind) for kind in (EXECUTION, EXECUTION, CONFIRMATION, PNL_SNAPSHOT))
)


@st.composite
def _histories(draw: st.DrawFn) -> list[list[tuple[str, Record]]]:
    """Runs of messages; now and then one of them is sent again, the same to the byte."""
    messages = draw(st.lists(MESSAGES, min_size=1, max_size=30))
    for place in draw(st.lists(st.integers(0, len(messages) - 1), max_size=3)):
        messages.insert(draw(st.integers(place + 1, len(messages))), messages[place])
    cuts = sorted(draw(st.sets(st.integers(1, len(messages)), max_size=3)) | {len(messages)})
    return [messages[a:b] for a, b in itertools.pairwise([0, *cuts])]


def _stage_row(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {
        "trade_id": record.trade_id,
        "version": record.version,
        "business_date": record.date,
    }
    if record.is_cancelled:
        row["status"] = "CANCELLED"
    if record.kind == EXECUTION:
        source_id = "executions" if record.expects_others else "trades"
        row |= {"source_id": source_id, "executed_at": record.instant}
    else:
        row["is_date_stated"] = record.is_date_stated
    if record.kind == CONFIRMATION:
        row["confirmed_at"] = record.instant
    if record.kind == PNL_SNAPSHOT:
        return row | {"pnl_impact": record.pnl_impact, "commission": record.commission}
    return row | {"quantity": record.quantity, "price": record.price}


def _capture(
    dsn: str, stage: Stage, runs: list[list[tuple[str, Record]]], *, together: bool
) -> list[Record]:
    """Send the runs through promotion and comparison; the records in order of arrival."""
    arrived = []
    unreconciled: list[int] = []
    for run in runs:
        batch_ids = []
        for feed in FEEDS:
            records = [record for name, record in run if name == feed]
            if records:
                rows = [_stage_row(record) for record in records]
                batch_ids.append(stage.add_batch(feed, *rows))
                arrived.extend(records)
        stage.connection.commit()
        capture.promote_batches(dsn, batch_ids, run_id="test")
        unreconciled += batch_ids
        if not together:
            capture.reconcile_batches(dsn, unreconciled, run_id="test")
            unreconciled = []
    capture.reconcile_batches(dsn, unreconciled, run_id="test")
    return arrived


def _read_verdict(connection: psycopg.Connection[Any]) -> Verdict:
    matches = connection.execute("select business_date, trade_id from recon.matches").fetchall()
    breaks = connection.execute(
        "select business_date, trade_id, break_type, delta from recon.breaks where status = 'OPEN'"
    ).fetchall()
    connection.commit()
    return Verdict(frozenset(matches), frozenset(breaks))


def _read_rows(connection: psycopg.Connection[Any]) -> list[Any]:
    rows = connection.execute(
        "select 'match', m.business_date, m.trade_id, m::text from recon.matches as m"
        " union all select b.break_type, b.business_date, b.trade_id, b::text"
        " from recon.breaks as b order by 1, 2, 3"
    ).fetchall()
    connection.commit()
    return rows


@pytest.fixture(scope="module")
def module_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "reconciliation_properties"
    dsn = postgres_server.create_database(name, trade_template)
    with connect(dsn) as connection:
        connection.execute("alter database reconciliation_properties set synchronous_commit = off")
    yield dsn
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def stage(module_dsn: str) -> Iterator[Stage]:
    with connect(module_dsn) as connection:
        for date in DATES:
            connection.execute("select control.ensure_partitions(%s)", (date,))
        connection.commit()
        yield Stage(connection)


def _grace_over(dsn: str) -> None:
    as_of = dt.datetime.now(dt.timezone.utc) + LATER
    capture.reconcile_batches(dsn, [], run_id="test", as_of=as_of)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs=_histories(), together=st.booleans())
def test_near_real_time_and_close_agree_with_the_oracle(
    module_dsn: str, stage: Stage, runs: list[list[tuple[str, Record]]], together: bool
) -> None:
    stage.empty()
    expected = judge(_capture(module_dsn, stage, runs, together=together))

    _grace_over(module_dsn)
    assert _read_verdict(stage.connection) == expected
    rows = _read_rows(stage.connection)

    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="close")
    assert _read_rows(stage.connection) == rows, "close changed what near real time had found"

    _forget_reconciliation(stage)
    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="close")
    assert _read_verdict(stage.connection) == expected, "close alone"
    rows = _read_rows(stage.connection)
    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="again")
    assert _read_rows(stage.connection) == rows, "a repeated close changed what it had found"


def _forget_reconciliation(stage: Stage) -> None:
    stage.connection.execute(
        "delete from recon.single_matches; delete from recon.match_sets;"
        " delete from recon.match_set_exceptions; delete from recon.breaks;"
        " delete from recon.pending"
    )
    stage.connection.commit()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(early=_histories(), late=_histories(), is_seen_at_once=st.booleans())
def test_what_comes_after_a_set_was_stored_agrees_with_the_oracle(
    module_dsn: str,
    stage: Stage,
    early: list[list[tuple[str, Record]]],
    late: list[list[tuple[str, Record]]],
    is_seen_at_once: bool,
) -> None:
    """Versions, moves and cancellations of trades that only a set stands for."""
    stage.empty()
    arrived = _capture(module_dsn, stage, early, together=True)
    _forget_reconciliation(stage)
    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="close")

    arrived += _capture(module_dsn, stage, late, together=not is_seen_at_once)
    _grace_over(module_dsn)
    expected = judge(arrived)
    assert _read_verdict(stage.connection) == expected, "near real time"
    rows = _read_rows(stage.connection)
    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="again")
    assert _read_rows(stage.connection) == rows, "close changed what near real time had found"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs=_histories())
def test_close_without_waiting_agrees_with_the_oracle(
    module_dsn: str, stage: Stage, runs: list[list[tuple[str, Record]]]
) -> None:
    stage.empty()
    expected = judge(_capture(module_dsn, stage, runs, together=False))
    for date in DATES:
        close.reconcile_day(module_dsn, date, run_id="close")
    assert _read_verdict(stage.connection) == expected
    assert capture.next_due_at(module_dsn) is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs=_histories())
def test_control_totals_add_up(
    module_dsn: str, stage: Stage, runs: list[list[tuple[str, Record]]]
) -> None:
    stage.empty()
    arrived = _capture(module_dsn, stage, runs, together=False)
    for date in DATES:
        close.count_control_totals(module_dsn, date, run_id="close")
    row = stage.connection.execute("select sum(received_count) from control.date_totals").fetchone()
    stage.connection.commit()
    assert row == (len(arrived),)
