"""Custodians' statements against our books, and what depositories say against what we did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts, connect
from posttrade.run_log import RunLog
from posttrade.settlement.statuses import apply_statuses
from posttrade.settlement.work import open_work, record
from posttrade.statements import read_statement

FINDING_STEPS = ("find_statement_breaks", "find_statement_flaws")


def reconcile_statements(
    dsn: str,
    business_date: dt.date | None = None,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Compare statements with what our books say at the end of their day, and keep the breaks.

    The breaks follow from the statements and the books as they are now, whatever came in which
    order: a corrected statement takes the place of the one before, a later one that agrees ends a
    break, and so does a correction of ours.

    Args:
        dsn: the trade database.
        business_date: of the settlement cycle, which compares the last week and all that has an
            open break anew, and says which statements lack; None: complete new statements only.
        run_id: the run that asks for it.
        as_of: the instant of the breaks; now when left out.
        connection: an open connection to use instead of one of its own.
        run_log: an open run log to use; a call that finds nothing to do leaves no row.

    Returns:
        Statements compared; positions and currencies that differ.

    Raises:
        Unavailable: the database does not answer.
    """
    if business_date is None and not _has_new(dsn, connection):
        return StepCounts(0, 0)
    with open_work(
        dsn,
        f"{'trade_capture' if business_date is None else 'settlement_cycle'}/reconcile_statements",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
        run_log=run_log,
    ) as (work, log):
        work.parameters["is_final"] = business_date is not None
        listed = work.run("list_statements")
        if not listed.rows_in:
            return record(log, StepCounts(0, 0))
        differing = work.run("sum_flows", "sum_books", "compare_statements").rows_out
        work.run(*FINDING_STEPS)
        if business_date is not None:
            work.run("find_missing_statements")
        work.run("store_statement_breaks")
        return record(log, StepCounts(listed.rows_out, differing))


def reconcile_custody(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """After a date has settled: statuses and statements against the books as they are then.

    Returns:
        Instructions and statements looked at; events made, and positions and currencies that
        differ.

    Raises:
        Unavailable: the database does not answer.
    """
    told = apply_statuses(dsn, business_date, run_id=run_id, as_of=as_of, connection=connection)
    stated = reconcile_statements(
        dsn, business_date, run_id=run_id, as_of=as_of, connection=connection
    )
    return StepCounts(told.rows_in + stated.rows_in, told.rows_out + stated.rows_out)


def _has_new(dsn: str, connection: psycopg.Connection[Any] | None) -> bool:
    statement = read_statement("settlement/has_statement_work")
    if connection is not None:
        row = connection.execute(statement).fetchone()
    else:
        with connect(dsn) as own:
            row = own.execute(statement).fetchone()
    return bool(row and row[0])
