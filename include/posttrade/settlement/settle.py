"""What is due settles: candidates, less what is withheld, in one row each for both legs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from posttrade.database import StepCounts
from posttrade.errors import InvariantBroken
from posttrade.settlement.shortage import settle_releases, withhold_shortages
from posttrade.settlement.splits import post_splits
from posttrade.settlement.work import SettlementWork, open_work, record

SETTLED_CAUSE = "settlement_date_reached"


def settle_due(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Settle what is due on a date or still open from before it; what cannot settle fails.

    Splits come first. Delivery and payment of an instruction are one row: there is no half. What an
    account lacks settles in part where parts are allowed, the rest stays due. A date is looked at
    again only while it has open instructions.

    Args:
        dsn: the trade database.
        business_date: the day that is settled, and on which its events count.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Instructions that were due; instructions that settled.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/settle_due",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        post_splits(work)
        dates = work.ask("list_due_dates")
        begun = [date for date, is_begun, _ in dates if is_begun]
        sparse = [date for date, _, is_sparse in dates if is_sparse]
        fresh = [date for date, is_begun, is_sparse in dates if is_sparse or not is_begun]
        if not dates:
            return record(log, StepCounts(0, 0))
        work.parameters |= {
            "settlement_dates": begun,
            "sparse_dates": sparse,
            "fresh_dates": fresh,
        }
        for date in begun:
            work.ask("analyze_partitions", settlement_date=date)
        work.run(
            "list_candidates",
            "withhold_driven_instructions",
            "withhold_closed_markets",
            "withhold_late_instructions",
            "withhold_linked_legs",
        )
        withhold_shortages(work)
        settled = _settle(work, begun, fresh)
        work.parameters["settlement_dates"] = [date for date, _, _ in dates]
        still_open = work.run("record_cycle").rows_out
        if still_open:
            _mark_failing(work)
        if still_open or work.ask_one("has_fail_breaks"):
            work.run("store_fail_breaks")
        return record(log, StepCounts(settled + still_open, settled))


def check_ledger(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Add up a date's signed lines; hold settlements against instructions, and nets against gross.

    All independently of how they were booked.

    Returns:
        Instruments and currencies that moved; the same.

    Raises:
        InvariantBroken: lines do not add up to nothing, a settlement is not what was instructed, or
            a net is not the sum of its gross.
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/check_ledger",
        run_id=run_id,
        as_of=None,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        work.parameters["settlement_dates"] = [business_date]
        sums = work.run("check_sums")
        if sums.rows_out:
            found = ", ".join(f"{kind} {asset} {total}" for kind, asset, total in _unbalanced(work))
            raise InvariantBroken(
                f"the ledger of {business_date} does not add up to zero: {found}. Rows were "
                "changed outside the product; compare settlement.ledger_entries with the "
                "instructions before settling on"
            )
        if work.run("check_movements").rows_out:
            found = ", ".join(place for (place,) in work.ask("find_unlike"))
            raise InvariantBroken(
                f"settlements of {business_date} do not move what was instructed: {found}. Rows "
                "were changed outside the product; compare settlement.postings with "
                "settlement.instructions before settling on"
            )
        if work.run("check_nets").rows_out:
            found = "; ".join(place for (place,) in work.ask("find_unequal_nets"))
            raise InvariantBroken(
                f"nets of {business_date} are not the sum of what is netted: {found}. Rows were "
                "changed outside the product; compare settlement.net_legs with "
                "settlement.netted_instructions before settling on"
            )
        return record(log, StepCounts(sums.rows_in, sums.rows_in))


def _settle(work: SettlementWork, begun: list[dt.date], fresh: list[dt.date]) -> int:
    work.open_act(SETTLED_CAUSE)
    settled = 0
    crowded = [date for (date,) in work.ask("list_crowded_dates")]
    for date in crowded:
        work.parameters["settlement_date"] = date
        settled += work.run("lay_more_settlements").rows_out
    work.parameters["settlement_dates"] = [date for date in begun if date not in crowded]
    if work.parameters["settlement_dates"]:
        settled += work.run("insert_settlements").rows_out
    for date in fresh:
        work.parameters["settlement_date"] = date
        settled += work.run("lay_settlements").rows_out
    work.parameters["settlement_dates"] = begun
    settle_releases(work)
    return settled


def _mark_failing(work: SettlementWork) -> None:
    for date in work.parameters["settlement_dates"]:
        work.ask("ensure_events", settlement_date=date)
    work.run("mark_failing")


def _unbalanced(work: SettlementWork) -> list[tuple[Any, ...]]:
    return work.ask("find_unbalanced")
