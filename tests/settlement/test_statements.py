"""Custodians' statements against our books: what differs is one break from its first day on.

A worked cash statement, by the rule of the customer statement MT940 (fields 60F, 61 and 62F of the
ISO 15022 user handbook): the opening balance and the entries give the closing balance, and the next
statement opens with it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from posttrade.settlement import reconcile_statements

from .desk import NEXT_DAY, TRADE_DATE, Desk

DAY = dt.timedelta(days=1)
DAYS = [NEXT_DAY + number * DAY for number in range(4)]
INSERT_STATEMENT = """
insert into settlement.statements (
    custodian_id, statement_kind, statement_id, version, account, as_of_date, statement_number,
    line_count, recorded_at, completed_at
) values (
    'NORTHBANK', %(kind)s, %(id)s, %(version)s, 'EQ-PRIME', %(date)s, %(number)s, %(count)s,
    clock_timestamp(), case when %(is_complete)s then clock_timestamp() end
)
"""
INSERT_LINE = """
insert into settlement.statement_lines (
    custodian_id, statement_kind, statement_id, version, line_number, entry_type, asset, amount,
    business_date, flags, batch_id, topic, partition, message_offset, message_at, recorded_at
) values (
    'NORTHBANK', %(kind)s, %(id)s, %(version)s, %(line)s, %(entry)s, %(asset)s, %(amount)s,
    %(date)s, '{}', 1, 'custodian_cash', 0, 1, now(), now()
)
"""
OPENING = """
insert into reference.opening_holdings (
    account, asset_kind, asset, effective_from, quantity, source
) values ('EQ-PRIME', %s, %s, %s, %s, 'statement of the day before')
"""


def state(
    desk: Desk, kind: str, date: dt.date, lines: list[tuple[str, str | None, Any]], **terms: Any
) -> None:
    """A statement as the promotion leaves it; lines: entry, asset, amount."""
    row = {"kind": kind, "date": date, "id": f"{kind[0]}-{date}", "version": 1, "number": None}
    row |= {"count": len(lines), "is_complete": True, **terms}
    desk.connection.execute(INSERT_STATEMENT, row)
    for number, (entry, asset, amount) in enumerate(lines, start=1):
        line = {"line": number, "entry": entry, "asset": asset, "amount": amount}
        desk.connection.execute(INSERT_LINE, {**row, **line})


def positions(desk: Desk, date: dt.date, **held: int) -> None:
    state(desk, "POSITION", date, [("POSITION", asset, held[asset]) for asset in held])


def cash(desk: Desk, date: dt.date, *amounts: str, **terms: Any) -> None:
    """Opening, movements and closing in dollars."""
    entries = ["OPENING", *["MOVEMENT"] * (len(amounts) - 2), "CLOSING"]
    lines = [(e, "USD", Decimal(a)) for e, a in zip(entries, amounts, strict=True)]
    state(desk, "CASH", date, lines, **terms)


def compare(desk: Desk, date: dt.date | None = None) -> tuple[int, int]:
    counts = reconcile_statements(
        desk.dsn, date, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def breaks(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select business_date, split_part(subject_id, '|', 4), break_type, expected_value,"
        " actual_value, coalesce(resolved_reason, status) from settlement.breaks"
        " where subject_kind = 'STATEMENT' order by 1, 2, 3"
    )


def roll_forward(desk: Desk) -> list[tuple[int, ...]]:
    found = desk.rows(
        "select opening_count, new_count, closed_count, closing_count"
        " from report.statement_roll_forward order by as_of_date"
    )
    assert all(opening + new - closed == closing for opening, new, closed, closing in found)
    return found


@pytest.fixture
def holding(desk: Desk) -> Desk:
    """100 AAPL bought at 190.50, settled on the next day."""
    desk.book("T1")
    desk.follow()
    desk.settle()
    desk.connection.execute(OPENING, ("CASH", "USD", TRADE_DATE, Decimal(100000)))
    return desk


def test_what_agrees_leaves_nothing(holding: Desk) -> None:
    positions(holding, NEXT_DAY, AAPL=100)
    cash(holding, NEXT_DAY, "100000", "-19050", "80950")
    assert compare(holding) == (2, 0)
    assert compare(holding) == (0, 0)
    assert compare(holding, NEXT_DAY) == (2, 0)
    assert breaks(holding) == []


def test_each_difference_is_a_break_with_both_values(holding: Desk) -> None:
    holding.connection.execute(OPENING, ("SECURITY", "IBM", TRADE_DATE, 7))
    positions(holding, NEXT_DAY, MSFT=5, IBM=-1)
    cash(holding, NEXT_DAY, "100000", "-19050.01", "80949.99")
    assert compare(holding) == (2, 4)
    assert breaks(holding) == [
        (NEXT_DAY, "AAPL", "position_break", "100", "none", "OPEN"),
        (NEXT_DAY, "IBM", "position_break", "7", "-1", "OPEN"),
        (NEXT_DAY, "MSFT", "position_break", "none", "5", "OPEN"),
        (NEXT_DAY, "USD", "cash_break", "80950", "80949.99", "OPEN"),
    ]
    assert holding.rows(
        "select asset, difference, delta from report.statement_differences order by asset"
    ) == [
        ("AAPL", "only_in_books", -100),
        ("IBM", "amount_differs", -8),
        ("MSFT", "only_at_custodian", 5),
        ("USD", "amount_differs", Decimal("-0.01")),
    ]
    before = breaks(holding)
    compare(holding, NEXT_DAY)
    assert breaks(holding) == before


def test_one_break_from_its_first_day_until_a_statement_agrees(holding: Desk) -> None:
    for date, held in zip(DAYS, ({"AAPL": 90}, {"AAPL": 95}, {"AAPL": 100}), strict=False):
        positions(holding, date, **held)
        compare(holding)
        assert len(breaks(holding)) == 1
    assert breaks(holding) == [
        (DAYS[0], "AAPL", "position_break", "100", "95", "later_statement_agrees")
    ]
    assert holding.rows(
        "select event from recon.break_events where subject_kind = 'STATEMENT' order by event_id"
    ) == [("OPENED",), ("RESOLVED",)]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_any_order_of_arrival_ends_alike(holding: Desk, order: tuple[int, ...]) -> None:
    held = [{"AAPL": 90}, {"AAPL": 95}, {"AAPL": 100}, {"AAPL": 100, "IBM": 1}]
    for number in order:
        positions(holding, DAYS[number], **held[number])
        compare(holding)
    found = breaks(holding)
    assert (DAYS[3], "IBM", "position_break", "none", "1", "OPEN") in found
    # what was thought to begin later, before the first of them came, stays as it was known
    assert {each[:2] for each in found} >= {(DAYS[0], "AAPL"), (DAYS[3], "IBM")}
    assert [each for each in found if each[-1] == "OPEN"] == found[-1:]
    assert roll_forward(holding) == [(0, 1, 0, 1), (1, 0, 0, 1), (1, 0, 1, 0), (0, 1, 0, 1)]


def test_a_restated_statement_takes_the_place_of_the_one_before(holding: Desk) -> None:
    positions(holding, NEXT_DAY, AAPL=1)
    compare(holding)
    right = [("POSITION", "AAPL", 100)]
    state(holding, "POSITION", NEXT_DAY, right, version=2, count=2, is_complete=False)
    compare(holding)
    assert breaks(holding)[0][-1] == "OPEN"  # it is not complete
    state(holding, "POSITION", NEXT_DAY, right, version=3)
    compare(holding)
    assert breaks(holding) == [
        (NEXT_DAY, "AAPL", "position_break", "100", "1", "statement_restated")
    ]
    assert holding.rows("select amount from settlement.statement_lines where version = 1") == [(1,)]


def test_our_own_correction_ends_a_break(holding: Desk) -> None:
    positions(holding, NEXT_DAY, AAPL=60)
    compare(holding)
    holding.book("T2", side="SELL", quantity=Decimal(40))
    holding.follow()
    compare(holding, NEXT_DAY)
    assert breaks(holding)[0][-1] == "OPEN"
    holding.settle()
    compare(holding, NEXT_DAY)
    assert breaks(holding)[0][-1] == "books_corrected"


def test_an_empty_account_is_said_by_one_line(holding: Desk) -> None:
    state(holding, "POSITION", TRADE_DATE, [("POSITION", None, None)])
    assert compare(holding) == (1, 0)  # nothing had settled by then


def test_cash_statements_add_up_and_follow_on_each_other(holding: Desk) -> None:
    cash(holding, DAYS[0], "100000", "-19050", "80950", number=7)
    cash(holding, DAYS[1], "80950", "10", "80950", number=8)
    cash(holding, DAYS[2], "80000", "80000", number=10)
    compare(holding, DAYS[3])
    assert breaks(holding) == [
        (DAYS[1], "USD", "statement_not_balanced", "80960", "80950", "OPEN"),
        (DAYS[2], "USD", "cash_break", "80950", "80000", "OPEN"),
        (DAYS[2], "USD", "statement_does_not_continue", "80950", "80000", "OPEN"),
        (DAYS[2], "numbers", "statement_missing", "number 9", "number 10", "OPEN"),
    ]
    cash(holding, DAYS[1], "80950", "80950", number=8, version=2)
    cash(holding, DAYS[2], "80950", "80950", number=9, version=2)
    compare(holding, DAYS[3])
    assert {found[-1] for found in breaks(holding)} == {"statement_restated", "statement_came"}


def test_what_lacks_is_noticed_and_comes(holding: Desk) -> None:
    holding.connection.execute(
        "insert into reference.custodian_accounts"
        " values ('NORTHBANK', 'EQ-PRIME', 'POSITION', 'US_SETTLEMENT', %s, %s)",
        (DAYS[0], DAYS[2]),
    )
    positions(holding, DAYS[1], AAPL=100)
    state(holding, "CASH", DAYS[1], [], count=3, is_complete=False)
    compare(holding, DAYS[3])
    assert breaks(holding) == [
        (DAYS[0], "expected", "statement_missing", "a statement of the day", "none", "OPEN"),
        (DAYS[1], f"C-{DAYS[1]}", "statement_incomplete", "3 lines", "0 lines", "OPEN"),
    ]
    positions(holding, DAYS[0], AAPL=100)
    compare(holding)
    compare(holding, DAYS[3])
    assert [found[-1] for found in breaks(holding)] == ["statement_came", "OPEN"]


def test_a_second_statement_of_a_day_is_a_break_and_the_first_counts(holding: Desk) -> None:
    positions(holding, NEXT_DAY, AAPL=100)
    state(holding, "POSITION", NEXT_DAY, [("POSITION", "AAPL", 1)], id="ANOTHER")
    compare(holding)
    assert breaks(holding) == [
        (NEXT_DAY, "ANOTHER", "statement_doubled", f"P-{NEXT_DAY}", "ANOTHER", "OPEN")
    ]
