"""What fails cost: a charge for each business day, stated and paid once a month.

Delegated Regulation (EU) 2017/389: rate x reference price x open quantity, rounded half up each
day; the failing side pays the other one.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import psycopg

from posttrade.database import StepCounts, connect
from posttrade.settlement.work import SettlementWork, open_work, record
from posttrade.statements import read_statement

STATED_CAUSE = "penalties_of_the_month_stated"


def charge_penalties(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Charge the days of fail before a date, and charge anew what is known better by now.

    A day is charged by the run of the next one, when its close has its marks. A day whose price or
    rate is missing is stored without an amount and is a break until it can be priced; it is never
    zero.

    Args:
        dsn: the trade database.
        business_date: the settled day: the days before it are charged.
        run_id: the run that asks for it.
        as_of: the instant of the charges; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Days of fail that are subject to penalties; charges and corrections written.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/charge_penalties",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["business_date"] = business_date
        work.run("list_penalty_days", "price_penalty_days")
        stored = work.run("store_penalties")
        work.run("store_penalty_breaks")
        return record(log, stored)


def state_penalties(
    dsn: str,
    business_date: dt.date,
    reports_dir: Path | None = None,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """State the penalties of a month that is due, instruct their payment, and write them as CSV.

    Due is a month from the statement day of ``reference.penalty_terms`` in the next one. What comes
    later is stated with the next month's. The file is ``penalties/<month>.csv``.

    Args:
        dsn: the trade database.
        business_date: the settled day.
        reports_dir: where the CSV goes; none is written when left out.
        run_id: the run that asks for it.
        as_of: the instant of the statements; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Penalties stated; payments instructed.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/state_penalties",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["business_date"] = business_date
        stated = work.run("state_penalties")
        paid = _instruct(work, stated.rows_in) if stated.rows_out else 0
        counts = record(log, StepCounts(stated.rows_in, paid))
    if reports_dir is not None:
        _write_files(dsn, business_date, reports_dir / "penalties", connection)
    return counts


def _instruct(work: SettlementWork, count_max: int) -> int:
    for (payment_date,) in work.ask("list_payment_dates"):
        work.ask("ensure_instructions", settlement_date=payment_date)
    work.open_act(STATED_CAUSE)
    work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=count_max)
    return work.run("instruct_penalties").rows_out


def _write_files(
    dsn: str, business_date: dt.date, folder: Path, connection: psycopg.Connection[Any] | None
) -> None:
    if connection is None:
        with connect(dsn) as own:
            _write_files(dsn, business_date, folder, own)
        return
    months = connection.execute(
        read_statement("settlement/list_statement_months"), {"business_date": business_date}
    ).fetchall()
    for (month,) in months:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{month:%Y-%m}.csv"
        draft = path.with_suffix(".csv.part")
        statement = read_statement("settlement/copy_penalty_statements")
        with (
            connection.cursor() as cursor,
            draft.open("wb") as file,
            cursor.copy(statement, {"statement_month": month}) as rows,
        ):
            for block in rows:
                file.write(block)
        draft.replace(path)
