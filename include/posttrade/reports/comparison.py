"""Both sides of a break, written so that the eye finds the difference.

A side is a number, an instant, ``quantity @ price``, or a list of terms (``price=1.5, side=BUY``).
Numbers of both sides get the same decimals; a list gets one line for each term; an instant of the
business date itself is shown without the date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from posttrade.reports.queries import Row
from posttrade.reports.typography import (
    PLAIN_NUMBER,
    count_decimals,
    format_decimal,
    format_signed,
    show_text,
    trimmed_decimals,
)

TERM = re.compile(r"(?:^|, )([a-z][a-z_]{1,40})=")
TRADED = re.compile(r"(-?[0-9]{1,40}(?:\.[0-9]{1,40})?) @ (-?[0-9]{1,40}(?:\.[0-9]{1,40})?)")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)", re.ASCII)
MONEY_TERMS = {"pnl_impact", "notional", "commission", "brokerage_fee", "clearing_fee",
               "exchange_fee"}  # fmt: skip
MONEY_BREAKS = {"pnl_mismatch", "missing_execution"}  # whose plain numbers are amounts
INSTANT_DECIMALS_MIN = 3


class Line(NamedTuple):
    """One line of a side: the term's name where there are several, and its value."""

    name: str | None
    text: str


def lay_out(rows: Sequence[Row], business_date: dt.date) -> list[Row]:
    """Breaks of one type with what the page prints of them beside their columns.

    ``expected`` and ``actual``: lines of the two sides. ``difference``: the signed delta.
    ``exposure_decimals``: the same for all rows of a currency.
    """
    exposures: dict[str | None, list[Decimal | None]] = {}
    for row in rows:
        exposures.setdefault(row["currency"], []).append(row["exposure_amount"])
    decimals = {name: count_decimals(values, name) for name, values in exposures.items()}
    return [
        {
            **row,
            **_lay_sides(row, business_date),
            "exposure_decimals": decimals[row["currency"]],
        }
        for row in rows
    ]


def _lay_sides(row: Row, business_date: dt.date) -> dict[str, Any]:
    expected, actual = _split_terms(row["expected_value"]), _split_terms(row["actual_value"])
    others = dict(actual)
    pairs = {name: _pair(name, value, others.get(name), row) for name, value in expected}
    shared = pairs.get(None, 0)
    return {
        "expected": [_line(name, value, pairs[name], business_date) for name, value in expected],
        "actual": [_line(name, value, pairs.get(name, 0), business_date) for name, value in actual],
        "difference": format_signed(row["delta"], shared),
    }


def _split_terms(value: str | None) -> list[tuple[str | None, str | None]]:
    if value is None or not TERM.match(value):
        return [(None, value)]
    parts = TERM.split(value)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _pair(name: str | None, one: str | None, other: str | None, row: Row) -> int:
    # decimals that both sides of a term share; money has at least those of its currency
    is_money = name in MONEY_TERMS or (name is None and row["break_type"] in MONEY_BREAKS)
    numbers = [Decimal(side) for side in (one, other) if side and PLAIN_NUMBER.fullmatch(side)]
    if not numbers:
        return 0
    if is_money:
        return count_decimals(numbers, row["currency"])
    return max(map(trimmed_decimals, numbers))


def _line(name: str | None, value: str | None, decimals: int, business_date: dt.date) -> Line:
    if value is None:
        return Line(name, show_text(None))
    if PLAIN_NUMBER.fullmatch(value):
        return Line(name, format_decimal(Decimal(value), decimals))
    if traded := TRADED.fullmatch(value):
        quantity, price = (format_decimal(Decimal(number)) for number in traded.groups())
        return Line(name, f"{quantity} @ {price}")
    if instant := INSTANT.fullmatch(value):
        date, time, fraction = instant.groups()
        digits = (fraction or "").rstrip("0").ljust(INSTANT_DECIMALS_MIN, "0")
        day = "" if date == business_date.isoformat() else f"{date} "
        return Line(name, f"{day}{time}.{digits}")
    return Line(name, show_text(value))
