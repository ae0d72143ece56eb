"""Fails are chased: who can mend them is written to as they age."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts
from posttrade.settlement.work import open_work, record


def chase_fails(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Chase what fails on a date and has come to a step of ``reference.chaser_steps``.

    Args:
        dsn: the trade database.
        business_date: the settled day.
        run_id: the run that asks for it.
        as_of: the instant of the messages; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Messages put into the outbox; instructions that they chase.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/chase_fails",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["business_date"] = business_date
        return record(log, work.run("chase_fails"))
