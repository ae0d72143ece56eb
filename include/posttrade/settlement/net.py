"""What is due between the same parties is netted: the gross stays, and points at its net.

A net is all that one agreement nets on one day. Its legs follow the gross behind it: what is taken
out of it later (a correction, a cancellation) is taken back, and from the day on which that was
known the legs that say otherwise are taken back and instructed anew, also after they settled. What
comes later, as the new version of a corrected trade does, is netted on the day of the next run.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts
from posttrade.settlement.work import SettlementWork, open_work, record

NETTED_CAUSE = "netting_agreement_in_force"
LEG_CAUSE = "sum_of_what_is_netted"


def net_due(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Net what is due on a date or still open from before it, as the agreements in force say.

    Args:
        dsn: the trade database.
        business_date: the day that is netted, and on which its events count.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Instructions that were netted; legs that were instructed.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/net_due",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        legs = _follow_gross(work)
        netted = _net(work)
        if netted:
            legs += _follow_gross(work)
        return record(log, StepCounts(netted, legs))


def _net(work: SettlementWork) -> int:
    dates = work.ask("list_due_dates")
    begun = [date for date, is_begun, _ in dates if is_begun]
    fresh = [date for date, is_begun, _ in dates if not is_begun]
    work.parameters |= {"settlement_dates": begun, "sparse_dates": [], "fresh_dates": fresh}
    if not dates:
        return 0
    # what was laid has no statistics yet
    for date, _, _ in dates:
        work.ask("analyze_partitions", settlement_date=date)
    work.run("list_candidates", "withhold_closed_markets", "withhold_late_instructions")
    carried = work.run("list_carried_legs").rows_out
    if not work.run("resolve_netting").rows_out and not carried:
        return 0
    work.open_act(NETTED_CAUSE)
    work.run("open_nets")
    netted = work.run("insert_netted").rows_out if begun else 0
    for date in fresh:
        work.parameters["settlement_date"] = date
        netted += work.run("lay_netted").rows_out
    # what was just laid is summed up
    for date in fresh:
        work.ask("analyze_partitions", settlement_date=date)
    work.run("mark_fails")
    return netted


def _follow_gross(work: SettlementWork) -> int:
    """Legs say what the gross behind them sums up to; a leg taken up by a later net, that too."""
    made = 0
    while work.run("take_touched_nets").rows_out:
        nets = work.ask("list_changing_nets")
        work.parameters["net_instruction_ids"] = [net_id for net_id, _ in nets]
        work.parameters["net_dates"] = sorted({date for _, date in nets})
        work.parameters["gross_dates"] = [row[0] for row in work.ask("list_gross_dates")]
        work.run("list_gross", "sum_nets")
        if work.run("judge_nets").rows_out:
            for (settlement_date,) in work.ask("list_event_dates"):
                work.ask("ensure_events", settlement_date=settlement_date)
            work.run("cancel_instructions", "touch_nets")
        missing = work.ask_one("count_missing_legs")
        if missing:
            for date in work.parameters["net_dates"]:
                work.ask("ensure_instructions", settlement_date=date)
                work.ask("ensure_events", settlement_date=date)
            work.open_act(LEG_CAUSE)
            work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=missing)
            made += work.run("insert_nets").rows_out
            work.note_late(work.parameters["net_dates"], work.parameters["first_instruction_id"])
    return made
