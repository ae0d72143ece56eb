"""What depositories say moves instructions where it may follow, and is a break where it may not.

The codes are those of the ISO 15022 user handbook (MT548 field 25D: MTCH, SETT, IPRC; confirmations
MT544 to MT547) and of the ISO 20022 schemas sese.024 (MtchgSts, SttlmSts, PrcgSts) and sese.025
(PartialSettlement2Code), iso20022.org; those of FIX are field 573, MatchStatus.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk
from .statuses import DAY, DRIVEN, breaks, instruct, listen, say


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("MATCHED", "MATCHED"),
        ("MatchStatus/0", "MATCHED"),
        ("MTCH//MACH", "MATCHED"),
        ("MtchgSts/Mtchd", "MATCHED"),
        ("SETT//PEND", "PENDING"),
        ("SttlmSts/Pdg", "PENDING"),
        ("SETT//PENF", "FAILING"),
        ("SttlmSts/Flng", "FAILING"),
        ("IPRC//CAND", "CANCELLED"),
        ("PrcgSts/Canc", "CANCELLED"),
        ("IPRC//PACK", "INSTRUCTED"),
        ("PrcgSts/AckdAccptd", "INSTRUCTED"),
    ],
)
def test_a_code_brings_the_instruction_to_its_state(desk: Desk, code: str, state: str) -> None:
    say(desk, instruct(desk), code, 0, reason="LACK")
    assert listen(desk) == (1, 0 if state == "INSTRUCTED" else 1)
    assert desk.states() == {"T1": state}
    assert listen(desk, NEXT_DAY)[1] == 0
    made = desk.rows("select cause, actor from settlement.instruction_events where sequence = 1")
    cause = "lack_of_securities" if state == "FAILING" else "depository_says_so"
    assert made == ([] if state == "INSTRUCTED" else [(cause, "trade_capture/apply_statuses")])
    assert [found[0] for found in breaks(desk)] == (
        ["cancelled_by_depository"] if state == "CANCELLED" else []
    )


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("LACK", ("lack_of_securities", "HOUSE")),
        ("MONY", ("lack_of_cash", "HOUSE")),
        ("CLAC", ("counterparty_lacks_securities", "COUNTERPARTY")),
        ("CMON", ("counterparty_lacks_cash", "COUNTERPARTY")),
        ("DQUA", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("when", ["before the cycle", "after the cycle"])
def test_a_fail_has_the_reason_that_the_depository_gives(
    desk: Desk, reason: str | None, found: tuple[str, str] | None, when: str
) -> None:
    """ISO 20022, code set PendingFailingReasonV4Code; other codes name nobody."""
    desk.connection.execute(DRIVEN)
    reference = instruct(desk)
    if when == "after the cycle":
        desk.settle()
    say(desk, reference, "SETT//PENF", 600, reason=reason)
    listen(desk)
    desk.settle()
    desk.settle(NEXT_DAY + DAY)
    fails = desk.rows("select as_of_date, reason, failing_party from settlement.fails order by 1")
    ours = ("depository_settles", "UNKNOWN")
    first = ours if when == "after the cycle" else found or ("depository_says_so", "UNKNOWN")
    assert fails == [(NEXT_DAY, *first), (NEXT_DAY + DAY, *(found or ours))]


@pytest.mark.parametrize("code", ["SETTLED", "MT545", "MT547", "sese.025"])
def test_a_confirmation_settles_where_the_depository_drives(desk: Desk, code: str) -> None:
    desk.connection.execute(DRIVEN)
    reference = instruct(desk)
    assert desk.settle() == (1, 0)
    assert desk.states() == {"T1": "FAILING"}
    say(
        desk, reference, code, 600, quantity=Decimal(100), amount=Decimal("19050.00"),
        currency="USD", settled_on=NEXT_DAY,
    )  # fmt: skip
    assert listen(desk) == (1, 1)
    assert desk.states() == {"T1": "SETTLED"}
    assert desk.balances()["EQ-PRIME", "AAPL"] == 100
    assert desk.balances()["ALDER", "USD"] == Decimal("19050.00")
    assert breaks(desk) == []
    assert desk.rows("select effective_on from settlement.postings") == [(NEXT_DAY,)]
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_parts_are_booked_as_they_are_told_in_all(desk: Desk) -> None:
    """sese.025 with PAIN: a part has settled; then the rest."""
    desk.connection.execute(DRIVEN)
    reference = instruct(desk)
    say(desk, reference, "sese.025/PAIN", 1, quantity=Decimal(40))
    listen(desk)
    assert desk.states() == {"T1": "PARTIALLY_SETTLED"}
    assert desk.balances()["EQ-PRIME", "USD"] == Decimal("-7620.00")
    say(desk, reference, "SttlmSts/Pdg", 2, reason="LACK")
    listen(desk)
    assert desk.states() == {"T1": "PENDING"}
    say(desk, reference, "sese.025", 3)
    listen(desk)
    assert desk.states() == {"T1": "SETTLED"}
    assert desk.balances()["EQ-PRIME", "USD"] == Decimal("-19050.00")
    assert breaks(desk) == []


def test_settled_elsewhere_and_not_with_us_is_a_break_until_we_do(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "SETTLED", 0)
    assert listen(desk) == (1, 0)
    assert breaks(desk) == []  # our own settlement of the date has not run
    desk.unmatch("T1")
    desk.follow()  # held: it will not settle
    desk.settle()
    listen(desk, NEXT_DAY)
    assert breaks(desk) == [("settled_only_at_depository", "0", "100")]
    desk.match("T1")
    desk.follow()
    desk.settle(NEXT_DAY + DAY)
    listen(desk, NEXT_DAY + DAY)
    assert breaks(desk) == []
    assert breaks(desk, "RESOLVED") == [("settled_only_at_depository", "0", "100")]


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"quantity": Decimal(90)}, ("settled_quantity_differs", "100", "90")),
        ({"amount": Decimal("19050.01")}, ("settled_amount_differs", "19050.00", "19050.01")),
        ({"currency": "EUR"}, ("settled_currency_differs", "USD", "EUR")),
    ],
)
@pytest.mark.parametrize("driven", [True, False])
def test_what_differs_is_a_break_and_moves_nothing(
    desk: Desk, terms: dict[str, Any], found: tuple[str, str, str], driven: bool
) -> None:
    if driven:
        desk.connection.execute(DRIVEN)
    reference = instruct(desk)
    desk.settle()
    before = desk.balances()
    say(desk, reference, "SETTLED", 600, **terms)
    assert listen(desk) == (1, 0)
    assert breaks(desk) == [found]
    assert desk.balances() == before


def test_unmatched_and_rejected_are_breaks_and_no_states(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "MTCH//NMAT", 0, reason="DQUA")
    listen(desk)
    assert desk.states() == {"T1": "INSTRUCTED"}
    assert breaks(desk) == [("unmatched_by_depository", "matched", "MTCH//NMAT DQUA")]
    say(desk, reference, "MTCH//MACH", 1)
    listen(desk)
    assert (desk.states(), breaks(desk)) == ({"T1": "MATCHED"}, [])


def test_an_unknown_instruction_is_a_break_until_it_is_known(desk: Desk) -> None:
    say(desk, "no number", "MATCHED", 0)
    listen(desk)
    assert breaks(desk) == [("status_of_unknown_instruction", "an instruction of ours", "MATCHED")]
    assert listen(desk) == (0, 0)
    assert listen(desk, NEXT_DAY) == (1, 0)
