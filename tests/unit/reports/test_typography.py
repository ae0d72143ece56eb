from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posttrade.reports import typography


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1234567.5", "1,234,567.50"),
        ("-0.125", "−0.125"),
        ("0", "0.00"),
        ("1E+3", "1,000.00"),
        ("0.0000000001", "0.0000000001"),
        ("-1000000000000000000.0000000001", "−1,000,000,000,000,000,000.0000000001"),
    ],
)
def test_amounts_are_exact_and_grouped(value: str, shown: str) -> None:
    assert typography.format_amount(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1185.54891304347826086", "USD", "1,185.55"),
        ("24.00000000000000000", "EUR", "24.00"),
        ("154250.5", "JPY", "154,250"),
        ("-0.0012345", "USD", "0.00"),
        ("1.23456", "KWD", "1.235"),
        (None, "USD", "–"),
    ],
)
def test_money_is_rounded_to_its_smallest_unit(
    value: str | None, currency: str, shown: str
) -> None:
    assert typography.format_money(value and Decimal(value), currency) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**18)))
def test_what_is_written_is_the_value(value: Decimal) -> None:
    written = typography.format_decimal(value).replace(",", "").replace("−", "-")
    assert Decimal(written) == value


def test_a_column_keeps_every_decimal() -> None:
    values = [Decimal("1.5"), None, Decimal("2.12345"), Decimal(3)]
    assert typography.count_decimals(values) == 5
    assert typography.count_decimals([]) == 2
    assert typography.count_decimals([Decimal("-3.9"), Decimal("1E+2")], "USD") == 2


@pytest.mark.parametrize(
    ("currency", "values", "decimals"),
    [
        ("JPY", ["154250.00", "0"], 0),
        ("JPY", ["154250.5"], 2),  # not exact in whole yen: nothing is rounded away
        ("JPY", ["0.125"], 3),
        ("KWD", ["1.5"], 3),
        ("USD", ["39522314.710000"], 2),
        (None, ["1"], 2),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    currency: str | None, values: list[str], decimals: int
) -> None:
    assert typography.count_decimals(map(Decimal, values), currency) == decimals


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\x00b\tc", "a⟨U+0000⟩b⟨U+0009⟩c"),
        ("\u200bhidden", "⟨U+200B⟩hidden"),
        ("Zürich 👩‍👧 東京", "Zürich 👩‍👧 東京"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_invisible_characters_are_spelled_out(text: str | None, shown: str) -> None:
    assert typography.show_text(text) == shown


def test_long_text_is_cut_and_says_so() -> None:
    assert typography.show_text("x" * 10_000, 10) == "xxxxxxxxxx… (10,000 characters)"


def test_words_and_instants() -> None:
    assert typography.format_words("pnl_mismatch") == "P&L mismatch"
    assert typography.format_term("pnl_impact") == "P&L impact"
    assert typography.format_term("brokerage_fee") == "brokerage fee"
    instant = dt.datetime(2026, 1, 2, 3, 4, 5, 60_000, tzinfo=dt.timezone.utc)
    assert typography.format_instant(instant) == "2026-01-02 03:04:05.06 UTC"
    assert typography.format_share(1, 3) == "33.33 %"
    assert typography.format_share(1, 0) == "–"
