"""Trade capture's two set-based acts: promote validated batches, and reconcile what they touched.

Each is one transaction: killed at any point it leaves nothing behind, and run again on batches that
are done it changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from posttrade.business_calendar import HOUSE_CALENDAR
from posttrade.database import StepCounts, connect, run_step
from posttrade.errors import InvariantBroken
from posttrade.promotion_gate import weigh_batches
from posttrade.run_log import RunLog, StepRun
from posttrade.sessions import open_session
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# one transaction makes this many dates' partitions at most: each takes some twenty locks
PARTITIONED_DATES_MAX = 50

ORDER_STEPS = ("date_orders", "promote_orders", "promote_order_responses", "record_refused_orders")
CUSTODY_STEPS = (
    "promote_settlement_statuses",
    "promote_statements",
    "promote_statement_lines",
    "record_refused_custody",
)
MOVING_STEPS = ("lift_moving_records", "put_lifted_records", "count_moves", "record_moves")
COMPARISON_STEPS = (
    "compare_trades",
    "judge_trades",
    "find_breaks",
    "find_duplicate_breaks",
    "store_breaks",
    "store_matches",
)

# promotion, quarantine, near real time and close write what the others read in several statements:
# one at a time
RECON_LOCK: LiteralString = "select pg_advisory_xact_lock(hashtext('recon'))"
_MOVING_DATES: LiteralString = (
    "select from_date from moving_records union select to_date from moving_records"
)
_UNDATED_REJECTS: LiteralString = (
    "select from landing.batch_ranges as b join landing.rejects as r"
    " on r.topic = b.topic and r.partition = b.partition"
    " and r.message_offset >= b.first_offset and r.message_offset < b.end_offset"
    " where b.batch_id = any(%(batch_ids)s::bigint[]) and not r.is_date_stated limit 1"
)
_PLACED_DATES: LiteralString = (
    "select distinct placed_date from placements where placed_date is not null"
)
_TOUCHED_DATES: LiteralString = "select distinct business_date from touched_trades"
_BATCHES_IN_STATUS: LiteralString = (
    "select batch_id from landing.batches"
    " where batch_id = any(%(batch_ids)s::bigint[]) and status = %(status)s"
    " order by batch_id for update"
)


class StepSequence:
    """Runs named steps of one Dag in one transaction, and keeps their counts for the run log."""

    def __init__(
        self, connection: psycopg.Connection[Any], folder: str, parameters: dict[str, Any]
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.parameters = parameters
        self.counts: dict[str, StepCounts] = {}

    def run(self, *steps: str) -> StepCounts:
        """Run steps in order; the counts of the last one."""
        counts = StepCounts(0, 0)
        for step in steps:
            counts = run_step(self.connection, f"{self.folder}/{step}", self.parameters)
            self.counts[step] = counts
        return counts

    def run_prepared(self, folder: str, *steps: str) -> StepCounts:
        """Run steps that another Dag has too, on the temporary tables of this transaction."""
        own, self.folder = self.folder, folder
        try:
            return self.run(*steps)
        finally:
            self.folder = own

    def set_dates(self, query: LiteralString, *more: dt.date) -> list[dt.date]:
        """Bind ``business_dates`` to what a query finds: only these partitions are planned."""
        rows = self.connection.execute(query, self.parameters).fetchall()
        dates = sorted({row[0] for row in rows}.union(more))
        self.parameters["business_dates"] = dates
        return dates

    def has_rows(self, query: LiteralString | bytes) -> bool:
        """Whether a query finds anything; spares a step that would look into every partition."""
        return self.connection.execute(query, self.parameters).fetchone() is not None

    def describe(self) -> str:
        """Each step with its rows read and written, for the run log."""
        return ", ".join(f"{s} {c.rows_in}/{c.rows_out}" for s, c in self.counts.items())


def promote_batches(
    dsn: str,
    batch_ids: Sequence[int],
    *,
    run_id: str,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Accept the staged rows of validated batches into the trade tables (VALIDATED to PROMOTED).

    Batches in any other status are left alone. A batch that cannot be promoted is stopped.

    Args:
        dsn: the trade database.
        batch_ids: batches, whatever their status.
        run_id: the run that asks for it.
        connection: an open one to work on, in no transaction; else one is opened for this call.
        run_log: the caller's, if it keeps one.

    Returns:
        Staged rows read; records accepted.

    Raises:
        GateFailed: a batch would open too many dates; the others have been dealt with.
        InvariantBroken: a batch lost a row in staging; the others have been dealt with.
        Unavailable: the database does not answer.
    """
    with (
        (run_log or RunLog(dsn)).step("trade_capture/promote_batches", run_id=run_id) as log,
        open_session(dsn, connection) as session,
    ):
        weighed = weigh_batches(session, batch_ids)
        _ensure_partitions(session, weighed.dates)
        with session.transaction():
            parameters: dict[str, Any] = {"batch_ids": list(weighed.fit), "run_id": run_id}
            session.execute(RECON_LOCK)
            parameters["batch_ids"] = _lock_batches(session, parameters, "VALIDATED")
            steps = StepSequence(session, "trade_capture", parameters)
            if parameters["batch_ids"]:
                _promote(steps, weighed.dates)
                session.execute(
                    "update landing.batches set status = 'PROMOTED'"
                    " where batch_id = any(%(batch_ids)s::bigint[])",
                    parameters,
                )
        counts = _log_counts(
            log, steps, ("promote_executions", "promote_confirmations", "promote_pnl_snapshots")
        )
        weighed.raise_stops()
        return counts


def reconcile_batches(
    dsn: str,
    batch_ids: Sequence[int],
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Compare the trades that promoted batches touched, and those whose grace period is over.

    Args:
        dsn: the trade database.
        batch_ids: promoted batches; may be empty, then only the grace period counts.
        run_id: the run that asks for it.
        as_of: instant up to which grace periods are over; now when left out.
        connection: an open one to work on, in no transaction; else one is opened for this call.
        run_log: the caller's, if it keeps one.

    Returns:
        Trades looked at; trades matched.

    Raises:
        Unavailable: the database does not answer.
    """
    with (
        (run_log or RunLog(dsn)).step("trade_capture/reconcile_batches", run_id=run_id) as log,
        open_session(dsn, connection) as session,
    ):
        with session.transaction():
            parameters: dict[str, Any] = {
                "batch_ids": list(batch_ids),
                "run_id": run_id,
                "as_of": as_of or dt.datetime.now(dt.timezone.utc),
            }
            session.execute(RECON_LOCK)
            parameters["batch_ids"] = _lock_batches(session, parameters, "PROMOTED")
            steps = StepSequence(session, "trade_capture", parameters)
            touched = steps.run("list_touched_trades")
            if touched.rows_out:
                steps.set_dates(_TOUCHED_DATES)
                steps.run(*COMPARISON_STEPS, "note_touched_trades")
            if parameters["batch_ids"]:
                steps.run("forget_staged_records")
        log.detail = steps.describe()
        matches = steps.counts.get("store_matches", StepCounts(0, 0))
        log.rows_in, log.rows_out = touched.rows_out, matches.rows_out
        return StepCounts(touched.rows_out, matches.rows_out)


def next_due_at(dsn: str) -> dt.datetime | None:
    """When the next grace period runs out; none while no trade and no order waits."""
    with connect(dsn) as connection:
        row = connection.execute(read_statement("recon/next_due_at")).fetchone()
    return row[0] if row else None


def _ensure_partitions(connection: psycopg.Connection[Any], dates: Sequence[dt.date]) -> None:
    """Make the partitions of dates where they are missing, in transactions of their own."""
    for start in range(0, len(dates), PARTITIONED_DATES_MAX):
        with connection.transaction():
            connection.execute(
                "select control.ensure_partitions(d) from unnest(%s::date[]) as d",
                (list(dates[start : start + PARTITIONED_DATES_MAX]),),
            )


def _promote(steps: StepSequence, staged_dates: Sequence[dt.date]) -> None:
    steps.connection.execute(read_statement("promotion/tune_transaction"))
    steps.parameters["business_dates"] = dates = list(staged_dates)
    if (staged := steps.run("resolve_executions")).rows_out:
        _require_resolved(staged, steps.run("promote_executions"))
        _record_refused(steps, "executions")
        steps.run("enrich_executions", "mark_stale_dates")
    moving = steps.run("list_moving_records")
    if steps.run("find_undated_records").rows_out:
        steps.run("place_records")
        dates = steps.set_dates(_PLACED_DATES, *dates)
    if moving.rows_out:
        steps.set_dates(_MOVING_DATES, *dates)
        steps.run(*MOVING_STEPS)
    for records in ("confirmations", "pnl_snapshots"):
        steps.run(f"promote_{records}")
        _record_refused(steps, records)
    if any(step.startswith("record_refused_") for step in steps.counts):
        steps.run("settle_repeated_conflicts")
    if steps.has_rows(read_statement("promotion/has_orders")):
        steps.parameters["calendar_id"] = HOUSE_CALENDAR
        steps.run(*ORDER_STEPS)
    if steps.has_rows(read_statement("promotion/has_marks")):
        steps.run("judge_marks", "promote_marks")
    if steps.has_rows(read_statement("promotion/has_custody")):
        steps.run(*CUSTODY_STEPS)
    if steps.has_rows(_UNDATED_REJECTS):
        steps.run("place_rejects")
    require_all_received(steps.run("count_received"))


def _require_resolved(staged: StepCounts, promoted: StepCounts) -> None:
    if staged.rows_out != promoted.rows_in:
        raise InvariantBroken(
            f"{staged.rows_out} executions are staged, but only {promoted.rows_in} have a source "
            "that reference data knows; load it again (posttrade migrate), and let the run go on"
        )


def require_all_received(counts: StepCounts) -> None:
    """What the step ``count_received`` found again is what was drained.

    Raises:
        InvariantBroken: it is not, and the totals of a date would hide it.
    """
    if counts.rows_in != counts.rows_out:
        raise InvariantBroken(
            f"{counts.rows_in} messages were drained, but {counts.rows_out} staged rows and "
            "rejects are there: they were changed outside the product while they were counted"
        )


def _record_refused(steps: StepSequence, records: str) -> None:
    promoted = steps.counts[f"promote_{records}"]
    if promoted.rows_out < promoted.rows_in:
        steps.run(f"record_refused_{records}")


def _lock_batches(
    connection: psycopg.Connection[Any], parameters: dict[str, Any], status: str
) -> list[int]:
    rows = connection.execute(_BATCHES_IN_STATUS, {**parameters, "status": status}).fetchall()
    return [row[0] for row in rows]


def _log_counts(log: StepRun, steps: StepSequence, counted: Sequence[str]) -> StepCounts:
    done = [steps.counts[step] for step in counted if step in steps.counts]
    counts = StepCounts(sum(c.rows_in for c in done), sum(c.rows_out for c in done))
    log.rows_in, log.rows_out, log.detail = counts.rows_in, counts.rows_out, steps.describe()
    return counts
