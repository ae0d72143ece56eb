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
MONEY_DECIMALS = 2
CELL_DECIMALS_MAX = 6
# ISO 4217: currencies whose smallest unit is not the hundredth
MINOR_UNITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
CAPITALS = {
    "cat": "CAT",
    "finra": "FINRA",
    "fx": "FX",
    "gst": "GST",
    "isin": "ISIN",
    "json": "JSON",
    "nan": "NaN",
    "pnl": "P&L",
    "sebi": "SEBI",
    "sec": "SEC",
    "stt": "STT",
    "taf": "TAF",
    "trace": "TRACE",
    "utf": "UTF",
}
# joiners that emoji and several scripts need; every other invisible character is spelled out
HARMLESS_FORMAT_CHARACTERS = {"\u200c", "\u200d"}


def format_count(value: int | Decimal | None) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None else f"{int(value):,}".replace("-", MINUS)


def format_decimal(value: Decimal | int | None, decimals_min: int = 0) -> str:
    """A decimal written out exactly, trailing zeros cut down to ``decimals_min`` decimals."""
    if value is None:
        return NONE
    whole, _, fraction = f"{Decimal(value).copy_abs():f}".partition(".")
    fraction = fraction.rstrip("0").ljust(decimals_min, "0")
    sign = MINUS if value < 0 else ""
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def minor_unit(currency: str | None) -> int:
    """Decimals of the currency's smallest unit (ISO 4217); 2 where the currency is not known."""
    return MINOR_UNITS.get(currency or "", MONEY_DECIMALS)


def count_decimals(values: Iterable[Decimal | None], currency: str | None = None) -> int:
    """Decimals that a column of money needs: the currency's own where every value is exact in them.

    Where one is not, as many as it has (at least 2): nothing is rounded away, and the points of the
    column stand in line.
    """
    unit = minor_unit(currency)
    needed = max((trimmed_decimals(value) for value in values if value is not None), default=0)
    return unit if needed <= unit else max(needed, MONEY_DECIMALS)


def format_amount(value: Decimal | None, decimals_min: int = MONEY_DECIMALS) -> str:
    """Money, exact, with at least the given decimals; the currency stands beside it."""
    return format_decimal(value, decimals_min)


def format_money(value: Decimal | None, currency: str | None) -> str:
    """Money rounded half to even to its currency's smallest unit, where exact figures stand aside.

    An average cost, or interest, has no end of decimals.
    """
    unit = minor_unit(currency)
    if value is None:
        return NONE
    return format_decimal(round(value, unit), unit)


def trimmed_decimals(value: Decimal) -> int:
    """Decimals of a value without trailing zeros."""
    return len(f"{value:f}".partition(".")[2].rstrip("0"))


def format_signed(value: Decimal | int | None, decimals_min: int = 0) -> str:
    """A difference: always with its sign."""
    text = format_decimal(value, decimals_min)
    return f"+{text}" if value is not None and value > 0 else text


def format_cell(cell: str, currency: str | None = None) -> str:
    """A cell of an exported table: a number in the unit of its currency, or to 6 decimals."""
    if not PLAIN_NUMBER.fullmatch(cell):
        return cell
    if currency is not None:
        return format_money(Decimal(cell), currency)
    return format_decimal(round(Decimal(cell), CELL_DECIMALS_MAX))


def format_difference(before: str, after: str, currency: str | None) -> str:
    """What the second of two amounts is above the first, in the unit of their currency."""
    unit = minor_unit(currency)
    return format_signed(round(Decimal(after) - Decimal(before), unit), unit)


def format_measure(column: str) -> str:
    """A column's name within a sentence: ``day_pnl_amount`` → ``day P&L``."""
    return format_term(column.removesuffix("_amount"))


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


def format_term(code: str | None) -> str:
    """A snake_case code as words within a sentence: ``pnl_impact`` → ``P&L impact``."""
    words = format_words(code)
    return words if words.split(" ")[0] in CAPITALS.values() else words[:1].lower() + words[1:]


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
