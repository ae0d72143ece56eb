"""The gate of the micro-batch: DRAINED → VALIDATED, or STOPPED for a person to decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from posttrade.database import StepCounts, connect, read_step, run_step
from posttrade.errors import GateFailed, InvariantBroken
from posttrade.feeds import FEEDS
from posttrade.quality.engine import open_engine
from posttrade.quality.verdict import Level, Verdict

ROW_LEVELS = frozenset({Level.REJECT, Level.WARN})
REASON_LENGTH_MAX = 2000


def validate_batches(
    dsn: str,
    batch_ids: Iterable[int],
    *,
    run_id: str,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Run each batch's suite; what a batch's rules find is stored in one transaction per batch.

    Rows that break a ``reject`` rule leave staging for ``landing.rejects``; rows that break a
    ``warn`` rule get its name as a flag; a broken ``stop`` rule, or one that could not be
    evaluated, stops the batch and leaves its rows alone. Batches that are past this gate are not
    looked at again.

    Args:
        dsn: the trade database.
        batch_ids: drained batches.
        run_id: the run that asks for it.
        connection: an open one to it, outside a transaction; else one is opened for this call.

    Returns:
        Rows that were staged and rows that stayed, over the batches validated now.

    Raises:
        GateFailed: a batch is stopped; the others have been dealt with.
        Unavailable: the database does not answer.
    """
    if connection is None:
        with connect(dsn) as opened:
            opened.autocommit = True
            return validate_batches(dsn, batch_ids, run_id=run_id, connection=opened)
    rows_in = rows_out = 0
    stopped: list[str] = []
    for batch_id in batch_ids:
        with connection.transaction():
            batch = read_batch(connection, batch_id)
            if batch["status"] == "STOPPED":
                stopped.append(describe_stop(batch, batch["status_reason"]))
            if batch["status"] != "DRAINED":
                continue
            verdict = open_engine(dsn).validate(
                FEEDS[batch["feed"]].suite,
                {"gx.batch_id": str(batch_id)},
                {"staged_count": batch["staged_count"]},
                with_rows_of=ROW_LEVELS,
            )
            quarantined_count = store_verdict(connection, batch, verdict, run_id)
        if verdict.stops:
            stopped.append(describe_stop(batch, verdict.describe_stops()))
        else:
            rows_in += batch["staged_count"]
            rows_out += batch["staged_count"] - quarantined_count
    if stopped:
        raise GateFailed("; ".join(stopped))
    return StepCounts(rows_in=rows_in, rows_out=rows_out)


def prepare_validation(dsn: str) -> None:
    """Work out what every suite asks, by a batch that is not there; processes forked find it done.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn):
        pass  # it is there; the package would wait long
    engine = open_engine(dsn)
    for suite in sorted({feed.suite for feed in FEEDS.values()}):
        engine.validate(suite, {"gx.batch_id": "0"}, {"staged_count": 0})
    engine.disconnect()


def read_batch(connection: psycopg.Connection[Any], batch_id: int) -> dict[str, Any]:
    """The batch's own row, locked until the transaction ends."""
    query = read_step("quality/lock_batch").encode()
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    batch = cursor.execute(query, {"batch_id": batch_id}).fetchone()
    if batch is None:
        raise InvariantBroken(f"batch {batch_id} was handed over but is not in landing.batches")
    return batch


def store_verdict(
    connection: psycopg.Connection[Any], batch: dict[str, Any], verdict: Verdict, run_id: str
) -> int:
    """Quarantine, flag, record the result and set the status; gives the rows quarantined."""
    batch_id = batch["batch_id"]
    quarantined_count = 0
    if not verdict.stops:
        if refused := verdict.row_findings(Level.REJECT):
            rejects = {"batch_id": batch_id, "findings": Jsonb(refused)}
            quarantined_count = run_step(connection, "quality/quarantine_rows", rejects).rows_out
        if warned := verdict.row_findings(Level.WARN):
            warnings = {"batch_id": batch_id, "findings": Jsonb(warned)}
            run_step(connection, "quality/flag_rows", warnings)
    result = verdict.summary(quarantined_count)
    result["result"] = Jsonb(result["result"])
    scope = {"batch_id": batch_id, "business_date": None, "run_id": run_id}
    run_step(connection, "quality/write_result", {**result, **scope})
    status = {
        "batch_id": batch_id,
        "status": "STOPPED" if verdict.stops else "VALIDATED",
        "status_reason": verdict.describe_stops()[:REASON_LENGTH_MAX] if verdict.stops else None,
    }
    run_step(connection, "quality/set_batch_status", status)
    return quarantined_count


def describe_stop(batch: dict[str, Any], reason: str) -> str:
    """What stopped, why, and what a person can do now."""
    return (
        f"batch {batch['batch_id']} of feed {batch['feed']} is stopped: {reason} "
        "Look at it with `posttrade batches`, then retry or refuse it there"
    )
