"""What depositories say arrives in any order and ends alike."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect

from .desk import TRADE_DATE, Desk
from .statuses import DRIVEN, breaks, instruct, listen, say


def test_older_than_what_we_did_changes_nothing(desk: Desk) -> None:
    reference = instruct(desk)
    desk.settle()
    say(desk, reference, "SETT//PEND", -24 * 60)
    assert listen(desk) == (1, 0)
    assert breaks(desk) == []


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
