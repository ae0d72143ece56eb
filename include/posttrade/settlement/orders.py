"""Orders settle when their counterparty's confirmation is in too, in either order, exactly once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts, connect
from posttrade.run_log import RunLog
from posttrade.settlement.work import SettlementWork, open_work, record
from posttrade.statements import read_statement

CONFIRMED_CAUSE = "counterparty_confirms"
# answers that name the same order id on several dates are paired one order at a time
PAIRINGS_MAX = 10


def settle_orders(
    dsn: str,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Pair waiting orders with waiting answers, settle what is confirmed, and open breaks.

    What is confirmed on terms that cannot settle is held, and settles once they are mended.

    One transaction holds the pair, the instruction, its delivery against payment and the messages
    for depository and bank: killed anywhere, all of it or nothing is there.

    Args:
        dsn: the trade database.
        run_id: the run that asks for it.
        as_of: the instant of the events, and up to which waiting times are over; now when left out.
        connection: an open connection to use instead of one of its own.
        run_log: an open run log to use; a call that finds nothing to do leaves no row.

    Returns:
        Orders that were answered; orders that settled.

    Raises:
        Unavailable: the database does not answer.
    """
    as_of = as_of or dt.datetime.now(dt.timezone.utc)
    if not _has_work(dsn, as_of, connection):
        return StepCounts(0, 0)
    with open_work(
        dsn,
        "trade_capture/settle_orders",
        run_id=run_id,
        as_of=as_of,
        connection=connection,
        run_log=run_log,
    ) as (work, log):
        return record(log, _answer_orders(work))


def close_orders(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Settle what can be, and open a break for each order and answer of the date that still waits.

    A date that is closed waits for nobody; what comes later still settles, and ends its break.

    Returns:
        Orders that were answered; orders that settled.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "end_of_day/close_orders",
        run_id=run_id,
        as_of=None,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["business_date"] = business_date
        work.run("end_waiting")
        return record(log, _answer_orders(work))


def _answer_orders(work: SettlementWork) -> StepCounts:
    answered = settled = 0
    for _ in range(PAIRINGS_MAX):
        paired = work.run("pair_orders").rows_out
        if paired:
            work.run("decide_orders")
        settling = work.run("hold_orders").rows_out
        settled += _settle(work, settling) if settling else 0
        work.run("store_order_breaks")
        answered += paired
        if not paired:
            break
    return StepCounts(answered, settled)


def _settle(work: SettlementWork, count: int) -> int:
    dates = [row[0] for row in work.ask("list_order_dates")]
    for date in dates:
        work.ask("ensure_instructions", settlement_date=date)
        work.ask("ensure_events", settlement_date=date)
    work.parameters["settlement_dates"] = dates
    work.open_act(CONFIRMED_CAUSE)
    work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=count)
    work.run("instruct_orders", "settle_orders")
    return work.run("announce_orders").rows_in


def _has_work(dsn: str, as_of: dt.datetime, connection: psycopg.Connection[Any] | None) -> bool:
    statement = read_statement("settlement/has_order_work")
    parameters = {"as_of": as_of}
    if connection is not None:
        row = connection.execute(statement, parameters).fetchone()
    else:
        with connect(dsn) as own:
            row = own.execute(statement, parameters).fetchone()
    return bool(row and row[0])
