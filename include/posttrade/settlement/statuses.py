"""Statuses of the depositories: they move instructions where they may, and are breaks where not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts, connect
from posttrade.run_log import RunLog
from posttrade.settlement.work import open_work, record
from posttrade.statements import read_statement

TOLD_CAUSE = "depository_says_so"
STEPS = ("judge_statuses", "weigh_settled_statuses", "book_settled_statuses", "apply_told_states")


def apply_statuses(
    dsn: str,
    business_date: dt.date | None = None,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Bring instructions to what their depositories say of them, and open what disagrees.

    What counts is when a status was true, not when it came: any order of arrival ends alike. Where
    the depository's word settles a market (``reference.settlement_drivers``) its settlements are
    booked; elsewhere they are only compared with ours.

    Args:
        dsn: the trade database.
        business_date: of the settlement cycle, which also looks again at what was left open; None:
            near real time, new statuses only.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.
        run_log: an open run log to use; a call that finds nothing to do leaves no row.

    Returns:
        Instructions looked at; events made.

    Raises:
        Unavailable: the database does not answer.
    """
    if business_date is None and not _has_new(dsn, connection):
        return StepCounts(0, 0)
    with open_work(
        dsn,
        f"{'trade_capture' if business_date is None else 'settlement_cycle'}/apply_statuses",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
        run_log=run_log,
    ) as (work, log):
        work.parameters["is_final"] = business_date is not None
        told = work.run("list_told_instructions").rows_out
        made = 0
        if told:
            dates = [row[0] for row in work.ask("list_status_dates")]
            for date in dates:
                work.ask("ensure_events", settlement_date=date)
            work.parameters["settlement_dates"] = dates
            work.open_act(TOLD_CAUSE)
            work.run(*STEPS)
            made = sum(work.counts[step].rows_out for step in STEPS[2:])
            work.run("find_status_breaks", "store_status_breaks")
        return record(log, StepCounts(told, made))


def _has_new(dsn: str, connection: psycopg.Connection[Any] | None) -> bool:
    statement = read_statement("settlement/has_status_work")
    if connection is not None:
        row = connection.execute(statement).fetchone()
    else:
        with connect(dsn) as own:
            row = own.execute(statement).fetchone()
    return bool(row and row[0])
