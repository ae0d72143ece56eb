from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posttrade.reports.comparison import lay_out

DAY = dt.date(2026, 11, 12)


def lay(expected: str | None, actual: str | None, **more: Any) -> dict[str, Any]:
    row = {
        "break_type": "price_mismatch", "expected_value": expected, "actual_value": actual,
        "delta": None, "exposure_amount": None, "currency": "USD", **more,
    }  # fmt: skip
    (laid,) = lay_out([row], DAY)
    return laid


def texts(laid: dict[str, Any], side: str) -> list[str]:
    return [f"{line.name} {line.text}" if line.name else line.text for line in laid[side]]


@pytest.mark.parametrize(
    ("expected", "actual", "shown"),
    [
        ("190.500", "191", ("190.5", "191.0")),
        ("1000.00", None, ("1,000", "–")),
        (None, "100000 @ 1.0500", ("–", "100,000 @ 1.05")),
        (
            "2026-11-12T09:00:00.100000Z", "2026-11-13T00:00:00.000250+00:00",
            ("09:00:00.100", "2026-11-13 00:00:00.00025"),
        ),
        ("=cmd()", "\u202ex", ("=cmd()", "⟨U+202E⟩x")),
    ],
)  # fmt: skip
def test_both_sides_are_easy_to_compare(
    expected: str | None, actual: str | None, shown: tuple[str, str]
) -> None:
    laid = lay(expected, actual)
    assert (texts(laid, "expected"), texts(laid, "actual")) == ([shown[0]], [shown[1]])


def test_a_list_has_a_line_for_each_term() -> None:
    laid = lay(
        "notional=15429500.000, price=154.295, side=BUY",
        "notional=15430500.000, price=154.3, side=SELL",
        break_type="duplicate_execution",
        currency="JPY",
    )
    assert texts(laid, "expected") == ["notional 15,429,500", "price 154.295", "side BUY"]
    assert texts(laid, "actual") == ["notional 15,430,500", "price 154.300", "side SELL"]


def test_money_keeps_the_decimals_of_its_currency() -> None:
    laid = lay("-95.0000000", "5.5", break_type="pnl_mismatch", delta=Decimal("100.50000"))
    assert texts(laid, "expected") == ["−95.00"]
    assert laid["difference"] == "+100.50"
    assert texts(lay("pnl_impact=119722596.9900000", None), "expected") == [
        "pnl_impact 119,722,596.99"
    ]


def test_exposures_of_a_currency_share_their_decimals() -> None:
    amounts = [("USD", "1.5"), ("USD", "2.125000"), ("JPY", "7"), (None, None)]
    rows = [
        {
            "break_type": "price_mismatch", "expected_value": None, "actual_value": None,
            "delta": None, "currency": currency,
            "exposure_amount": Decimal(amount) if amount else None,
        }
        for currency, amount in amounts
    ]  # fmt: skip
    assert [row["exposure_decimals"] for row in lay_out(rows, DAY)] == [3, 3, 0, 2]


@given(st.none() | st.text(), st.none() | st.text())
def test_any_text_is_laid_out(expected: str | None, actual: str | None) -> None:
    laid = lay(expected, actual)
    assert laid["expected"] and laid["actual"]
