"""Settlement days come one after the other: what a day left open can be told only on that day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.close_request import HOUSE_ZONE
from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.settlement.work import open_work, record

STEP = "settlement_cycle/begin_cycle"


def begin_cycle(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    is_forced: bool = False,
    today: dt.date | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Refuse a settlement day that is not there yet, or is out of its turn.

    What settles on a day, fails and costs a penalty is told by that day's run alone. A day that was
    run before may be run again.

    Args:
        dsn: the trade database.
        business_date: the day that is to be settled.
        run_id: the run that asks for it.
        is_forced: go on nevertheless.
        today: the date in the house's zone; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Days before it that were left out although something was open on them; the same.

    Raises:
        ConfigurationError: the day is in the future, an earlier one was left out, or a later one
            was settled already.
        Unavailable: the database does not answer.
    """
    today = today or dt.datetime.now(HOUSE_ZONE).date()
    with open_work(
        dsn,
        STEP,
        run_id=run_id,
        as_of=None,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        is_run_before, last_date = work.ask("read_cycle_dates")[0]
        left_out = [] if is_run_before else [date for (date,) in work.ask("list_left_out_dates")]
        if not is_forced:
            if business_date > today:
                raise ConfigurationError(
                    f"{business_date} is in the future (today is {today}): nothing has settled on "
                    "it yet. Settle it anyway with --force"
                )
            if left_out:
                raise ConfigurationError(
                    f"{_describe(left_out)} had open instructions and was not settled: what failed "
                    f"on it could not be told after {business_date}. Settle it first "
                    f"(./posttrade settle {left_out[0]}), or leave it out with --force"
                )
            if last_date is not None and last_date > business_date and not is_run_before:
                raise ConfigurationError(
                    f"{last_date} is settled already, and {business_date} is before it: what was "
                    "open then cannot be told any more. Settle what is left of it anyway with "
                    "--force"
                )
        return record(log, StepCounts(len(left_out), len(left_out)))


def _describe(dates: list[dt.date]) -> str:
    more = f" (and {len(dates) - 1} more up to {dates[-1]})" if len(dates) > 1 else ""
    return f"{dates[0]}{more}"
