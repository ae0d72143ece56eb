"""How values are written on the page: exact, grouped by thousands, and never able to mislead."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

MINUS = "\u2212"
NONE = "\u2013"
TEXT_LENGTH_MAX = 96
MONEY_DECIMALS_MIN = 2
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
CAPITALS = {"pnl": "P&L", "fx": "FX", "json": "JSON", "utf": "UTF", "isin": "ISIN", "nan": "NaN"}
# joiners that emoji and several scripts need; every other invisible character is spelled out
HARMLESS_FORMAT_CHARACTERS = {"\u200c", "\u200d"}


def format_count(value: int | Decimal | None) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None else f"{int(value):,}".replace("-", MINUS)


def format_decimal(value: Decimal | None, decimals_min: int = 0) -> str:
    """A decimal written out exactly, trailing zeros cut down to ``decimals_min`` decimals."""
    if value is None:
        return NONE
    whole, _, fraction = f"{abs(value):f}".partition(".")
    fraction = fraction.rstrip("0").ljust(decimals_min, "0")
    sign = MINUS if value < 0 else ""
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def format_amount(value: Decimal | None, decimals_min: int = MONEY_DECIMALS_MIN) -> str:
    """Money, exact, with at least two decimals; the currency stands beside it."""
    return format_decimal(value, decimals_min)


def count_decimals(values: Iterable[Decimal | None], decimals_min: int = MONEY_DECIMALS_MIN) -> int:
    """Decimals that a column needs so that every value is exact and the points stand in line."""
    return max((_count_decimals(value) for value in values if value), default=decimals_min)


def _count_decimals(value: Decimal) -> int:
    fraction = f"{value:f}".partition(".")[2].rstrip("0")
    return max(len(fraction), MONEY_DECIMALS_MIN)


def format_value(value: str | None) -> str:
    """One side of a break: a plain number grouped like any other, everything else as it came."""
    if value is not None and PLAIN_NUMBER.fullmatch(value):
        return format_decimal(Decimal(value))
    return show_text(value)


def format_signed(value: Decimal | None, decimals_min: int = 0) -> str:
    """A difference: always with its sign."""
    text = format_decimal(value, decimals_min)
    return f"+{text}" if value is not None and value > 0 else text


def format_share(part: int | Decimal, whole: int | Decimal) -> str:
    """Percentage with two decimals, rounded half to even; a dash where there is no whole."""
    if not whole:
        return NONE
    share = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"))
    return f"{share} %"


def format_instant(value: dt.datetime | None) -> str:
    """An instant in UTC, to the microsecond where it has any."""
    if value is None:
        return NONE
    moment = value.astimezone(dt.timezone.utc)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def format_words(code: str | None) -> str:
    """A snake_case code as words: ``price_mismatch`` → ``Price mismatch``."""
    if not code:
        return NONE
    words = " ".join(CAPITALS.get(word, word) for word in code.lower().split("_"))
    return words[:1].upper() + words[1:]


def show_text(value: object, length_max: int = TEXT_LENGTH_MAX) -> str:
    """Text from outside: invisible and direction-changing characters spelled out, long text cut.

    The caller's template escapes it for HTML.
    """
    if value is None or value == "":
        return NONE
    text = str(value)
    shown = "".join(map(_spell_out, text[:length_max]))
    if len(text) > length_max:
        shown += f"… ({len(text):,} characters)"
    return shown


def _spell_out(character: str) -> str:
    if character in HARMLESS_FORMAT_CHARACTERS:
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return f"⟨U+{ord(character):04X}⟩"
    return character
