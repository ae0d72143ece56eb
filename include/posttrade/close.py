"""The close of a business date: the whole date reconciled, booked and counted.

Each function is one transaction and can be repeated: an unchanged date gives the same rows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from psycopg.rows import dict_row

from posttrade.books import build_books
from posttrade.business_calendar import HOUSE_CALENDAR
from posttrade.capture import COMPARISON_STEPS, RECON_LOCK, StepSequence
from posttrade.compliance.checks import check_compliance
from posttrade.database import StepCounts, connect
from posttrade.errors import ConfigurationError, GateFailed
from posttrade.feeds import EXECUTION, FEEDS, PNL_SNAPSHOT, list_feeds
from posttrade.risk import measure_risk
from posttrade.run_log import StepRun, step_run
from posttrade.settlement import charge_fees, close_orders, instruct_day
from posttrade.statements import read_statement


def begin_close(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Note that the date is being closed; makes its partitions where it has none."""
    with _logged_steps(dsn, "begin_close", business_date, run_id) as (steps, log):
        return _record(log, steps.run("begin_close"))


def reconcile_day(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Compare the whole date; afterwards no trade of it waits.

    One pass over the date finds the trades that do not agree or are not matched as they should be;
    these, and all with a history, are compared by the steps of near real time. The rest are matches
    as they stand; those of a date that has none yet are stored as one set.

    Returns:
        Executions of the date; breaks found.

    Raises:
        ConfigurationError: no tolerances are in force on the date.
    """
    with _logged_steps(dsn, "reconcile_day", business_date, run_id) as (steps, log):
        steps.connection.execute(RECON_LOCK)
        joined = _reconcile(steps, business_date)
        breaks = steps.counts["store_breaks"]
        log.detail = steps.describe()
        return _record(log, StepCounts(joined.rows_in, breaks.rows_out))


def build_positions(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Build what each book closes with: positions, lots, and the marks that value them.

    Earlier dates that got or lost an execution after they were closed come first, and what leans on
    them follows: a position opens with what it closed with before. Records that came since the
    comparison are compared before: a late one is in all figures of the close or in none.

    Returns:
        Executions booked; holdings that they moved.
    """
    with _logged_steps(dsn, "build_positions", business_date, run_id) as (steps, log):
        steps.connection.execute(RECON_LOCK)
        if _count_late_inputs(steps):
            _reconcile(steps, business_date)
        others = _build(steps, business_date)
        log.detail = steps.describe() + "".join(f", anew {date}" for date in others)
        return _record(log, steps.counts["build_flows"])


def count_control_totals(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Count what became of every message of the date, and hold it against what was received.

    Records that came since the positions were built are compared and booked before.

    Returns:
        Messages received; feeds counted.

    Raises:
        GateFailed: received is not accepted + rejected + duplicate, or offsets are not rows.
    """
    with _logged_steps(dsn, "count_control_totals", business_date, run_id) as (steps, log):
        steps.connection.execute(RECON_LOCK)
        if _count_late_inputs(steps):
            _reconcile(steps, business_date)
            _build(steps, business_date)
        totals = steps.run("count_control_totals")
        steps.run("count_offsets")
        _require_sums(steps, business_date)
        steps.run("store_control_totals", "store_offsets")
        log.detail = steps.describe()
        return _record(log, totals)


def include_late_records(dsn: str, business_date: dt.date, *, run_id: str) -> None:
    """Make the figures of a date anew, from the comparison on; for whoever finds late records."""
    from posttrade.compliance.ranking import rank_trades  # brings pandas: takes seconds

    for step in (
        reconcile_day,
        instruct_day,
        close_orders,
        build_positions,
        count_control_totals,
        check_compliance,
        charge_fees,
        measure_risk,
        rank_trades,
    ):
        step(dsn, business_date, run_id=run_id)


def _reconcile(steps: StepSequence, business_date: dt.date) -> StepCounts:
    steps.parameters.update(_read_scope(steps, business_date))
    joined = steps.run("find_unreconciled_trades", "count_sides", "find_lone_snapshots")
    steps.run("list_trades_to_compare")
    if steps.parameters["is_new_set"]:
        steps.run("store_match_set")
    compare, *others = COMPARISON_STEPS
    steps.run_prepared("trade_capture", compare)
    steps.run("add_joined_trades")
    steps.run_prepared("trade_capture", *others)
    steps.run("note_inputs")
    return joined


def _build(steps: StepSequence, business_date: dt.date) -> list[dt.date]:
    others = build_books(steps, business_date)
    _execute(steps, "forget_stale_dates")
    return others


def _count_late_inputs(steps: StepSequence) -> int:
    rows = _fetch(steps, "count_late_inputs")
    return int(rows[0][0]) if rows else 0


def _fetch(steps: StepSequence, name: str) -> list[tuple[Any, ...]]:
    statement = read_statement(f"close/{name}")
    return steps.connection.execute(statement, steps.parameters).fetchall()


def _execute(steps: StepSequence, name: str) -> None:
    steps.connection.execute(read_statement(f"close/{name}"), steps.parameters)


@contextlib.contextmanager
def _logged_steps(
    dsn: str, step: str, business_date: dt.date, run_id: str
) -> Iterator[tuple[StepSequence, StepRun]]:
    name = f"end_of_day/{step}"
    with (
        step_run(dsn, step=name, run_id=run_id, business_date=business_date) as log,
        connect(dsn) as connection,
    ):
        parameters: dict[str, Any] = {
            "business_date": business_date,
            "business_dates": [business_date],
            "run_id": run_id,
            "as_of": dt.datetime.now(dt.timezone.utc),
            "feeds": list(FEEDS),
            "execution_feeds": list_feeds(EXECUTION),
            "pnl_snapshot_feeds": list_feeds(PNL_SNAPSHOT),
            "calendar_id": HOUSE_CALENDAR,
        }
        yield StepSequence(connection, "end_of_day", parameters), log


def _record(log: StepRun, counts: StepCounts) -> StepCounts:
    log.rows_in, log.rows_out = counts.rows_in, counts.rows_out
    return counts


def _read_scope(steps: StepSequence, business_date: dt.date) -> dict[str, Any]:
    with steps.connection.cursor(row_factory=dict_row) as cursor:
        scope = cursor.execute(read_statement("recon/read_scope"), steps.parameters).fetchone()
    if scope is None:
        raise ConfigurationError(
            f"no tolerances are in force on {business_date}: add a row to "
            "include/reference_data/tolerances.csv and load reference data"
        )
    return scope


def _require_sums(steps: StepSequence, business_date: dt.date) -> None:
    problems = []
    for feed, *counts in _fetch(steps, "find_totals_that_differ"):
        received, accepted, rejected, duplicate = counts
        problems.append(
            f"{feed}: received {received}, but accepted {accepted} + rejected {rejected} + "
            f"duplicate {duplicate} = {accepted + rejected + duplicate}"
        )
    for topic, partition, offsets, *counts in _fetch(steps, "find_offsets_that_differ"):
        stored, empty, lost = counts
        problems.append(
            f"{topic}[{partition}]: {offsets} offsets, but {stored} messages stored + {empty} "
            f"empty + {lost} lost = {stored + empty + lost}"
        )
    if problems:
        raise GateFailed(
            f"control totals of {business_date} do not add up: {'; '.join(problems)}. Rows were "
            "lost, added or changed outside the product; compare landing.messages with the trade "
            "tables before closing again"
        )
