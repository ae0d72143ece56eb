"""What trades cost: computed from the rates in force, held against what is booked, and paid.

A charge is one row with all fees of a version of a trade and the rates that they follow from. When
the trade or a rate is corrected, it is reversed and written anew. Fees that are owed to authorities
are paid with the trade, on its settlement date.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts
from posttrade.settlement.work import SettlementWork, open_work, record

CHARGED_CAUSE = "fees_computed"
OWED_CAUSE = "fees_owed"
# a changed rate makes many dates stale: so many of them are charged anew by one run, oldest first
STALE_DATES_MAX = 30


def charge_fees(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Compute the fees of a date's trades, hold them against the booked ones, and instruct payment.

    Dates charged before whose trades or rates changed since are charged anew first.

    Args:
        dsn: the trade database.
        business_date: the trade date.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Live trades of these dates; charges and reversals written.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "end_of_day/charge_fees",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        stale = [date for (date,) in work.ask("list_stale_charges", dates_max=STALE_DATES_MAX)]
        trades = written = 0
        for date in dict.fromkeys((*stale, business_date)):
            counts = _charge_date(work, date)
            trades, written = trades + counts.rows_in, written + counts.rows_out
        return record(log, StepCounts(trades, written))


def _charge_date(work: SettlementWork, date: dt.date) -> StepCounts:
    work.parameters["business_date"] = date
    ((input_count, rate_count),) = work.ask("count_charge_inputs")
    work.parameters |= {"input_count": input_count, "rate_count": rate_count}
    computed = work.run("list_fee_kinds", "prepare_fee_terms", "compute_fees")
    work.open_act(CHARGED_CAUSE)
    written = _store(work, computed.rows_out)
    work.run("store_levies")
    work.run("find_fee_breaks", "store_fee_breaks")
    if owed := work.run("list_owed_fees").rows_out:
        _instruct(work, owed)
    work.run("record_charges")
    return StepCounts(computed.rows_in, written.rows_out)


def _store(work: SettlementWork, count: int) -> StepCounts:
    if count and not work.ask_one("has_fees"):
        return work.run("lay_fees")
    if count:
        work.ask("ensure_fees")
    return work.run("store_fees")


def _instruct(work: SettlementWork, count: int) -> None:
    for (settlement_date,) in work.ask("list_owed_dates"):
        work.ask("ensure_instructions", settlement_date=settlement_date)
    work.open_act(OWED_CAUSE)
    work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=count)
    work.run("instruct_fees")
