"""Shortage: accounts that deliver and pay only what they have, in order of priority, in parts."""

from __future__ import annotations

from posttrade.settlement.work import SettlementWork

# deliveries that wait for deliveries that wait …: each pass works off one link of the chain
PASSES_MAX = 100


def withhold_shortages(work: SettlementWork) -> None:
    """Share out what controlled accounts have, and withhold what is short.

    Each pass goes through the queue once; what comes in by one can be delivered in the next, until
    nothing moves. Where that leaves a leg of a bilateral net without its fellows, they are withheld
    too and all begins anew: each time at least one leg less. Without opening holdings and controls
    nothing is looked at.

    Args:
        work: after ``list_candidates``: knows what is due and what is withheld already.
    """
    work.parameters["is_controlled"] = work.ask_one("has_inventory_control")
    if not work.parameters["is_controlled"]:
        return
    while True:
        _share_out(work)
        withheld = work.ask_one("count_withheld")
        if work.run("withhold_linked_legs").rows_out == withheld:
            return
        work.run("free_shortages")


def _share_out(work: SettlementWork) -> None:
    work.run("list_due_movements", "link_movements", "list_pools", "fill_pools")
    for _ in range(PASSES_MAX):
        if not work.run("release_from_pools").rows_out:
            break
        work.run("book_releases")
    work.run("withhold_shortages")


def settle_releases(work: SettlementWork) -> int:
    """Settle what was released of instructions that are short; gives how many."""
    return work.run("settle_releases").rows_out if work.parameters["is_controlled"] else 0
