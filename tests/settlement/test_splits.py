"""Splits in the ledger: holdings are multiplied on the ex-date, and everything else follows.

NVIDIA's of 2024 is the worked one: ten shares for one, ex 10 June 2024.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, TRADE_DATE, Desk
from .test_statements import breaks, compare, positions

FRIDAY = NEXT_DAY + dt.timedelta(days=1)
MONDAY = NEXT_DAY + dt.timedelta(days=4)


def split(desk: Desk, ex_date: dt.date, new: str, old: str, symbol: str = "AAPL") -> None:
    desk.connection.execute(
        "insert into reference.share_splits values (%s, %s, %s, %s)"
        " on conflict (symbol, ex_date) do update set new_shares = excluded.new_shares",
        (symbol, ex_date, Decimal(new), Decimal(old)),
    )


def postings(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows(
        "select ex_date, held_quantity, posted_quantity, fraction, version"
        " from report.split_postings order by ex_date, version"
    )


def test_our_books_follow_a_split_as_the_custodian_does(desk: Desk) -> None:
    split(desk, FRIDAY, "10", "1")
    desk.give("AAPL", "50")
    desk.book("T1", quantity=Decimal(100))
    desk.follow()
    desk.settle()
    positions(desk, NEXT_DAY, AAPL=150)
    compare(desk)
    assert breaks(desk) == []
    for _ in range(2):
        desk.settle(FRIDAY)
        assert postings(desk) == [(FRIDAY, 150, 1350, 0, 1)]
    positions(desk, FRIDAY, AAPL=1500)
    compare(desk)
    assert breaks(desk) == []
    check_ledger(desk.dsn, FRIDAY, run_id="test", connection=desk.connection)


def test_what_came_of_a_split_can_be_delivered(desk: Desk) -> None:
    split(desk, FRIDAY, "10", "1")
    desk.give("AAPL", "50")
    desk.book("T1", side="SELL", quantity=Decimal(500), settlement_date=FRIDAY)
    desk.follow()
    desk.settle(FRIDAY)
    assert desk.fails(FRIDAY) == []
    assert desk.states() == {"AAPL": "SETTLED", "T1": "SETTLED"}


def test_a_fraction_is_told_and_not_booked(desk: Desk) -> None:
    """101 shares, three for two: 151 and a half in cash; one for ten of them: 15 and a tenth."""
    split(desk, FRIDAY, "3", "2")
    split(desk, MONDAY, "1", "10")
    desk.give("AAPL", "101")
    desk.book("T1", symbol="MSFT")
    desk.follow()
    desk.settle(MONDAY)  # both at once, the older one first
    assert postings(desk) == [
        (FRIDAY, 101, 50, Decimal("0.5"), 1),
        (MONDAY, 151, -136, Decimal("0.1"), 1),
    ]


def test_what_becomes_known_later_changes_it_on_the_ex_date(desk: Desk) -> None:
    """A ratio that was wrong, then a split that was called off."""
    desk.give("AAPL", "100")
    desk.book("T1", symbol="MSFT")
    desk.follow()
    desk.settle(FRIDAY)
    split(desk, FRIDAY, "2", "1")
    desk.settle(MONDAY)
    split(desk, FRIDAY, "3", "1")
    desk.settle(MONDAY)
    desk.connection.execute("delete from reference.share_splits where ex_date = %s", (FRIDAY,))
    desk.settle(MONDAY)
    desk.settle(MONDAY)
    assert postings(desk) == [
        (FRIDAY, 100, 100, 0, 1), (FRIDAY, 100, 100, 0, 2), (FRIDAY, 100, -200, 0, 3),
    ]  # fmt: skip
    days = desk.rows("select distinct effective_on from settlement.events where symbol = 'AAPL'")
    assert days == [(FRIDAY,)]


@settings(max_examples=12, deadline=None)
@given(
    opening=st.integers(0, 500),
    flows=st.lists(
        st.tuples(
            st.sampled_from([NEXT_DAY, FRIDAY, MONDAY]),
            st.sampled_from(["BUY", "SELL"]),
            st.integers(1, 300),
        ),
        max_size=5,
    ),
    ratios=st.lists(
        st.tuples(st.sampled_from([FRIDAY, MONDAY]), st.integers(1, 20), st.integers(1, 20)),
        max_size=2,
        unique_by=lambda ratio: ratio[0],
    ),
)
def test_any_splits_and_flows_hold_what_an_oracle_holds(
    settlement_dsn: str,
    opening: int,
    flows: list[tuple[dt.date, str, int]],
    ratios: list[tuple[dt.date, int, int]],
) -> None:
    with connect(settlement_dsn) as connection:
        desk = Desk(connection, settlement_dsn)
        connection.execute(
            "insert into reference.opening_holdings values"
            " ('EQ-PRIME', 'SECURITY', 'AAPL', %s, %s, 1000000, 'test')",
            (TRADE_DATE, opening),
        )
        for ex_date, new, old in ratios:
            split(desk, ex_date, str(new), str(old))
        desk.book("T0", symbol="MSFT")
        for number, (day, side, quantity) in enumerate(flows, start=1):
            desk.book(f"T{number}", side=side, quantity=Decimal(quantity), settlement_date=day)
        desk.follow()
        held = opening
        for day in (NEXT_DAY, FRIDAY, MONDAY):
            for _ in range(2):
                desk.settle(day)
            for ex_date, new, old in ratios:
                if ex_date == day:
                    whole = abs(held) * new // old
                    held = whole if held > 0 else -whole
            held += sum(
                quantity if side == "BUY" else -quantity
                for due, side, quantity in flows
                if due == day
            )
            assert desk.balances().get(("EQ-PRIME", "AAPL"), 0) + opening == held
            check_ledger(desk.dsn, day, run_id="test", connection=connection)
        connection.rollback()
