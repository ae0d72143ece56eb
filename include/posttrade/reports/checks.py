"""What must add up in a pack, added up."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from posttrade.reports.facts import Facts, count_outcomes
from posttrade.reports.typography import show_text


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that must add up: both sides of the equation, and whether they are equal."""

    rule: str
    left: int | Decimal
    right: int | Decimal

    @property
    def holds(self) -> bool:
        """Whether it adds up."""
        return self.left == self.right


def check_facts(facts: Facts) -> list[Check]:
    """What a reviewer would add up by hand, added up."""
    totals = facts.control_totals
    checks = []
    for row in totals:
        explained = row["accepted_count"] + row["rejected_count"] + row["duplicate_count"]
        feed = show_text(row["feed"])
        checks += [
            Check(f"{feed}: received = accepted + rejected + duplicate", row["received_count"],
                  explained),
            Check(f"{feed}: accepted = records in the trade tables", row["accepted_count"],
                  int(row["record_count"])),
            Check(f"{feed}: rejected = messages listed as rejects", row["rejected_count"],
                  int(row["listed_reject_count"])),
        ]  # fmt: skip
    for row in facts.control_offsets:
        explained = row["message_count"] + row["empty_count"] + row["lost_count"]
        place = f"{show_text(row['topic'])}, partition {row['partition']}"
        checks.append(
            Check(f"{place}: offsets = messages + empty + lost", row["offset_count"], explained)
        )
        checks.append(Check(f"{place}: no offset was lost", row["lost_count"], 0))
    for row in facts.cash_movements:
        currency = show_text(row["currency"])
        checks.append(
            Check(f"{currency}: what all accounts received and paid sums to nothing",
                  row["unbalanced_amount"], Decimal(0))
        )  # fmt: skip
    for row in facts.securities_movements:
        checks.append(
            Check(f"{row['asset_class']}: instruments whose movements do not sum to nothing",
                  row["unbalanced_count"], 0)
        )  # fmt: skip
    uncompared = count_outcomes(facts).get("uncompared", 0)
    checks.append(Check("every trade has an outcome: trades left uncompared", uncompared, 0))
    unmarked = sum(row["unmarked_count"] for row in facts.books)
    checks.append(Check("every held position has a mark: positions without one", unmarked, 0))
    return checks
