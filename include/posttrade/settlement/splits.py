"""Splits in the ledger: what an account holds is multiplied on the ex-date, by the issuer.

Instructions that are open over the ex-date stay as they were traded; nothing is booked for the
fraction that whole shares leave: its cash comes at the price of the paying agent, and shows as a
difference with the custodian's cash until it is booked.
"""

from __future__ import annotations

from posttrade.settlement.work import SettlementWork

SPLIT_CAUSE = "shares_split"


def post_splits(work: SettlementWork) -> int:
    """Post the splits up to the day that is settled; gives how many movements.

    A holding that changes later, before the ex-date, changes its split by a further movement on the
    ex-date.
    """
    made = 0
    for (ex_date,) in work.ask("list_split_dates"):
        work.parameters["ex_date"] = ex_date
        # what the split before has posted counts
        found = work.run("sum_flows", "find_splits").rows_out
        if found:
            work.ask("ensure_instructions", settlement_date=ex_date)
            work.ask("ensure_events", settlement_date=ex_date)
            work.open_act(SPLIT_CAUSE)
            work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=found)
            made += work.run("post_splits").rows_out
    return made
