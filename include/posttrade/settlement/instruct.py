"""Instructions follow the trades: near real time by what was touched, at close the whole date.

Both decide by the same steps, so that both agree; each call is one transaction and changes nothing
when it is repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from posttrade.database import StepCounts, connect
from posttrade.run_log import RunLog
from posttrade.settlement.work import SettlementWork, open_work, record
from posttrade.statements import read_statement

INSTRUCTED_CAUSE = "trade_matches"


def settle_batches(
    dsn: str,
    batch_ids: Sequence[int],  # noqa: ARG001 - what they touched is noted in the database
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> StepCounts:
    """Bring the instructions of the trades that were reconciled since the last call up to date.

    A trade that matches is instructed. One that was corrected or cancelled has its instruction
    ended, and what had settled taken back. One that matches no longer is held until it does again.

    Args:
        dsn: the trade database.
        batch_ids: batches of the round. What they touched stands in ``settlement.touched_trades``,
            with what earlier rounds may have left.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.
        run_log: an open run log to use; a call that finds nothing to do leaves no row.

    Returns:
        Trades looked at; instructions made.

    Raises:
        Unavailable: the database does not answer.
    """
    if not _has_touched(dsn, connection):
        return StepCounts(0, 0)
    with open_work(
        dsn,
        "trade_capture/settle_batches",
        run_id=run_id,
        as_of=as_of,
        connection=connection,
        run_log=run_log,
    ) as (work, log):
        touched = work.run("list_touched_trades")
        made = _follow_trades(work) if touched.rows_out else 0
        return record(log, StepCounts(touched.rows_out, made))


def instruct_day(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Bring all instructions of a date in line with its trades, and its breaks of settlement.

    Returns:
        Trades whose instruction was missing or wrong; instructions made.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "end_of_day/instruct_day",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["business_date"] = business_date
        # a close may be repeated long after its date
        work.parameters["known_on"] = work.parameters["as_of"].astimezone(dt.timezone.utc).date()
        work.note_business_dates([business_date])
        if work.ask_one("has_instructions"):
            found = work.run("find_unsettled_trades").rows_out
            made = _follow_trades(work, business_date)
        else:
            ((has_singles, has_set),) = work.ask("find_match_ways")
            work.parameters |= {"has_single_matches": has_singles, "has_match_set": has_set}
            work.run("list_matched_trades")
            found = work.ask_one("count_executions")
            made = _instruct(work, found, is_whole_date=True)
        return record(log, StepCounts(found, made))


def instruct_waiting(
    dsn: str, *, run_id: str, connection: psycopg.Connection[Any] | None = None
) -> StepCounts:
    """Try the dates anew whose trades wait for a standing instruction or the like.

    Returns:
        Trades looked at; instructions made.

    Raises:
        Unavailable: the database does not answer.
    """
    statement = read_statement("settlement/list_waiting_dates")
    if connection is not None:
        rows = connection.execute(statement).fetchall()
    else:
        with connect(dsn) as own:
            rows = own.execute(statement).fetchall()
    done = [instruct_day(dsn, row[0], run_id=run_id, connection=connection) for row in rows]
    return StepCounts(sum(c.rows_in for c in done), sum(c.rows_out for c in done))


def _has_touched(dsn: str, connection: psycopg.Connection[Any] | None) -> bool:
    statement = read_statement("settlement/count_touched")
    if connection is not None:
        row = connection.execute(statement).fetchone()
    else:
        with connect(dsn) as own:
            row = own.execute(statement).fetchone()
    return bool(row and row[0])


def _follow_trades(work: SettlementWork, whole_date: dt.date | None = None) -> int:
    dates = [row[0] for row in work.ask("list_business_dates")]
    work.note_business_dates(dates or [whole_date or work.parameters["effective_on"]])
    judged = work.run("judge_instructions")
    if judged.rows_out:
        for (settlement_date,) in work.ask("list_event_dates"):
            work.ask("ensure_events", settlement_date=settlement_date)
        work.run("cancel_instructions", "touch_nets", "hold_instructions")
    wanted = work.run("list_wanted_trades").rows_out
    return _instruct(work, wanted, is_whole_date=whole_date is not None)


def _instruct(work: SettlementWork, count_max: int, *, is_whole_date: bool) -> int:
    work.parameters["is_whole_date"] = is_whole_date
    terms = work.run("resolve_terms")
    made = 0
    if work.run("except_blocks").rows_out:
        work.open_act(INSTRUCTED_CAUSE)
        work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=count_max)
        made = _lay_or_insert(work, count_max)
    if terms.rows_out < terms.rows_in or is_whole_date:
        work.run("find_breaks", "store_breaks")
    return made


def _lay_or_insert(work: SettlementWork, count_max: int) -> int:
    """A settlement date's first trades are laid as a table; later ones if they are many."""
    made = 0
    begun = []
    first_made_id = work.parameters["first_instruction_id"]
    dates = work.ask("list_wanted_dates", count_max=count_max)
    for settlement_date, is_begun, is_laid in dates:
        if is_begun and not is_laid:
            begun.append(settlement_date)
            continue
        work.parameters["settlement_date"] = settlement_date
        laid = work.run("lay_instructions").rows_out
        work.parameters["first_instruction_id"] += laid
        made += laid
    work.parameters["begun_dates"] = begun
    if begun:
        made += work.run("insert_instructions").rows_out
    work.note_late((row[0] for row in dates), first_made_id)
    return made
