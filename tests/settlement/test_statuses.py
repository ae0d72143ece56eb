"""What depositories say moves instructions where it may follow, and is a break where it may not.

The codes are those of the ISO 15022 user handbook (MT548 field 25D: MTCH, SETT, IPRC; confirmations
MT544 to MT547) and of the ISO 20022 schemas sese.024 (MtchgSts, SttlmSts, PrcgSts) and sese.025
(PartialSettlement2Code), iso20022.org; those of FIX are field 573, MatchStatus.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import apply_statuses, check_ledger

from .desk import NEXT_DAY, TRADE_DATE, Desk

DAY = dt.timedelta(days=1)
NOON = dt.datetime(2026, 10, 15, 12, tzinfo=dt.timezone.utc)
INSERT = """
insert into settlement.statuses (
    topic, partition, message_offset, batch_id, business_date, instruction_reference, status,
    reason_code, settled_quantity, settled_amount, currency, settled_on, status_at, flags,
    message_at, recorded_at
) values (
    'settlement_statuses', 0, %(offset)s, 1, %(date)s, %(reference)s, %(status)s, %(reason)s,
    %(quantity)s, %(amount)s, %(currency)s, %(settled_on)s, %(at)s, '{}', %(at)s, now()
)
"""
OPEN = """
insert into settlement.open_statuses values (%s, true)
on conflict (instruction_reference) do update set is_new = true
"""
DRIVEN = """
insert into reference.settlement_drivers values ('US', '2026-10-01', 'DEPOSITORY', 'statuses come')
"""


def instruct(desk: Desk, trade_id: str = "T1", **terms: Any) -> str:
    """A matched trade's instruction; gives its reference."""
    desk.book(trade_id, **terms)
    desk.follow()
    row = desk.rows(
        "select max(instruction_id) from settlement.instructions where subject_id = %s", trade_id
    )
    return str(row[0][0])


def say(desk: Desk, reference: str, status: str, minute: int, **terms: Any) -> None:
    """A status as the promotion leaves it, true since so many minutes after noon."""
    desk.offset += 1
    at = NOON + dt.timedelta(minutes=minute)
    row = {"reason": None, "quantity": None, "amount": None, "currency": None, "settled_on": None}
    row |= {"offset": desk.offset, "reference": reference, "status": status, "at": at}
    desk.connection.execute(INSERT, {**row, "date": at.date(), **terms})
    desk.connection.execute(OPEN, (reference,))


def listen(desk: Desk, date: dt.date | None = None) -> tuple[int, int]:
    counts = apply_statuses(
        desk.dsn, date, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def breaks(desk: Desk, status: str = "OPEN") -> list[tuple[Any, ...]]:
    return desk.rows(
        "select break_type, expected_value, actual_value from settlement.breaks"
        " where subject_kind = 'INSTRUCTION' and break_type <> 'settlement_fail' and status = %s"
        " order by 1",
        status,
    )


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


def test_what_may_not_follow_is_a_conflict(desk: Desk) -> None:
    reference = instruct(desk)
    desk.settle()  # at 20:00 on the day before, by the desk's clock
    say(desk, reference, "FAILING", 600, reason="LACK")
    assert listen(desk) == (1, 0)
    assert desk.states() == {"T1": "SETTLED"}
    assert breaks(desk) == [("status_conflict", "SETTLED", "FAILING LACK")]
    say(desk, reference, "SETTLED", 700)
    listen(desk)
    assert breaks(desk) == []


def test_older_than_what_we_did_changes_nothing(desk: Desk) -> None:
    reference = instruct(desk)
    desk.settle()
    say(desk, reference, "SETT//PEND", -24 * 60)
    assert listen(desk) == (1, 0)
    assert breaks(desk) == []


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


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_later_arrival_of_the_earlier_changes_nothing(desk: Desk, order: tuple[int, ...]) -> None:
    reference = instruct(desk)
    said = [("MATCHED", 0), ("SETT//PEND", 1), ("SttlmSts/Flng", 2)]
    for number in order:
        say(desk, reference, *said[number])
        listen(desk)
    assert desk.states() == {"T1": "FAILING"}
    assert breaks(desk) == []


TOLD = {
    "MATCHED": ["PENDING", "FAILING", "CANCELLED", "SETTLED", "PARTIALLY_SETTLED"],
    "PENDING": ["MATCHED", "FAILING", "CANCELLED", "SETTLED", "PARTIALLY_SETTLED"],
    "FAILING": ["MATCHED", "PENDING", "CANCELLED", "SETTLED", "PARTIALLY_SETTLED"],
    "PARTIALLY_SETTLED": ["PARTIALLY_SETTLED", "PENDING_PART", "FAILING_PART", "SETTLED"],
    "PENDING_PART": ["FAILING_PART", "PARTIALLY_SETTLED", "SETTLED"],
    "FAILING_PART": ["PENDING_PART", "PARTIALLY_SETTLED", "SETTLED"],
}


@st.composite
def legal_lives(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Statuses that may follow one another, each with what has settled in all by then."""
    life: list[tuple[str, int]] = []
    state, settled = "MATCHED", 0
    for _ in range(draw(st.integers(1, 6))):
        if state == "PARTIALLY_SETTLED":
            settled += draw(st.integers(1, 15))
        life.append((state.removesuffix("_PART"), 100 if state == "SETTLED" else settled))
        if state in ("SETTLED", "CANCELLED"):
            break
        state = draw(st.sampled_from(TOLD[state]))
    return life


@settings(max_examples=12, deadline=None)
@given(life=legal_lives(), data=st.data(), driven=st.booleans())
def test_any_order_of_arrival_ends_alike(
    settlement_dsn: str, life: list[tuple[str, int]], data: st.DataObject, driven: bool
) -> None:
    arrival = data.draw(st.permutations(range(len(life))))
    batches = data.draw(st.lists(st.booleans(), min_size=len(life), max_size=len(life)))
    with connect(settlement_dsn) as connection:
        ends = []
        for order, pauses in ((range(len(life)), [True] * len(life)), (arrival, batches)):
            connection.execute("savepoint begin_of_life")
            ends.append(live(connection, settlement_dsn, life, order, pauses, driven))
            connection.execute("rollback to begin_of_life")
        connection.rollback()
    assert ends[0] == ends[1]


def live(
    connection: psycopg.Connection[Any],
    dsn: str,
    life: list[tuple[str, int]],
    order: Any,
    pauses: list[bool],
    driven: bool,
) -> tuple[Any, ...]:
    """Where an instruction stands after its statuses came in some order."""
    desk = Desk(connection, dsn)
    if driven:
        connection.execute(DRIVEN)
    reference = instruct(desk)
    for place, pause in zip(order, pauses, strict=True):
        status, settled = life[place]
        terms = {"quantity": Decimal(settled)} if status.endswith("SETTLED") else {}
        say(desk, reference, status, place, **terms)
        if pause:
            listen(desk)
    listen(desk, TRADE_DATE)
    assert listen(desk, TRADE_DATE)[1] == 0
    assert [each for each in breaks(desk) if each[0] != "cancelled_by_depository"] == []
    return desk.states(), desk.balances(), breaks(desk)


INSERT_CONFLICT = """
insert into settlement.record_conflicts (
    topic, partition, message_offset, feed, batch_id, business_date, subject_kind, subject_id,
    content, kept_terms, refused_terms, recorded_at
) values (
    'settlement_statuses', 0, %(offset)s, 'settlement_statuses', 1, %(date)s, 'INSTRUCTION',
    %(reference)s, jsonb_build_object('status', %(status)s::text, 'status_at', %(at)s::timestamptz),
    %(kept)s, %(refused)s, now()
)
"""


def contradict(desk: Desk, reference: str, status: str, minute: int, **terms: str) -> None:
    """The same status of the same instant in other terms, as the promotion leaves it."""
    desk.offset += 1
    at = NOON + dt.timedelta(minutes=minute)
    row = {"offset": desk.offset, "date": at.date(), "reference": reference, "status": status}
    desk.connection.execute(INSERT_CONFLICT, {**row, "at": at, **terms})
    desk.connection.execute(OPEN, (reference,))


def test_a_status_told_twice_ends_when_the_depository_says_more(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "SETT//PEND", 1)
    contradict(desk, reference, "SETT//PEND", 1, kept="reason_code=", refused="reason_code=LACK")
    listen(desk)
    listen(desk, NEXT_DAY)
    twice = [("status_told_twice", "reason_code=", "reason_code=LACK")]
    assert [row for row in breaks(desk) if row[0] == "status_told_twice"] == twice
    say(desk, reference, "MTCH//MACH", 2)
    for _ in range(2):
        listen(desk)
        assert [row for row in breaks(desk) if row[0] == "status_told_twice"] == []
    # and another contradiction is a break again
    contradict(desk, reference, "MTCH//MACH", 2, kept="reason_code=", refused="reason_code=X")
    listen(desk)
    assert ("status_told_twice", "reason_code=", "reason_code=X") in breaks(desk)


def test_what_settled_told_twice_ends_with_the_next_sum_only(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "sese.025", 1, quantity=60, amount=11430)
    contradict(
        desk, reference, "sese.025", 1, kept="settled_quantity=60", refused="settled_quantity=50"
    )
    say(desk, reference, "SETT//PEND", 2)
    listen(desk)
    assert "status_told_twice" in [row[0] for row in breaks(desk)]
    say(desk, reference, "sese.025", 3, quantity=100, amount=19050)
    listen(desk)
    assert "status_told_twice" not in [row[0] for row in breaks(desk)]
