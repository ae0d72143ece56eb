"""The exact rules of one value: from what a message holds to the text that is stored.

Every function here returns the value or raises ``DataRejected``; nothing is rounded or repaired.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import Any

from posttrade.contracts import schema
from posttrade.errors import DataRejected

FIRST_DATE = dt.date(1990, 1, 1)  # where the calendars begin
# an instant's date may be the one before in a zone of the west
FIRST_INSTANT_DATE = FIRST_DATE + dt.timedelta(days=1)
DAYS_AHEAD_MAX = 366  # of the day of arrival: the calendars reach two years ahead
SETTLEMENT_DAYS_AHEAD_MAX = 366 * 100
SHOWN_LENGTH_MAX = 80
CUT = "..."
EXPONENT_TEXT_LENGTH_MAX = 12
MICROSECOND_DIGITS = 6

INSTANT_SHAPE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"\s?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)
DATE_SHAPE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class NumberText(str):
    """A JSON number as it was written; a class of its own, so that it is not taken for a string."""

    __slots__ = ()


def show(value: object) -> str:
    """A value for a person: short, printable, ASCII only."""
    try:
        text = str(value) if isinstance(value, NumberText) else ascii(value)
    except RecursionError:  # what could be decoded may still be too deep to be written
        return f"a {type(value).__name__} nested too deeply to be shown"
    if len(text) > SHOWN_LENGTH_MAX:
        return f"{text[:SHOWN_LENGTH_MAX]}... ({len(text)} characters)"
    return text


def read_value(field: schema.Field, value: Any, latest: dt.date) -> Any:
    """Turn one JSON value into what is stored: text, or a date or an instant in UTC.

    Args:
        field: what the contract says of it.
        value: string, bool, list, dict or ``NumberText``.
        latest: last trade date and instant that are believed.

    Raises:
        DataRejected: the value breaks the contract.
    """
    if field.kind == schema.DECIMAL:
        return read_decimal(field, value)
    if field.kind == schema.INTEGER:
        return read_integer(field, value)
    if isinstance(value, NumberText) and field.is_integer_text:
        value = _integer_text(field, value)
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise DataRejected("wrong_type", f"{field.name} is {show(value)}, expected a string")
    if "\0" in value:
        raise DataRejected("nul_character", f"{field.name} holds a NUL: {show(value)}")
    if field.kind == schema.INSTANT:
        return read_instant(field, value, latest)
    if field.kind == schema.DATE:
        return read_date(field, value, latest)
    if field.kind == schema.CHOICE:
        if value not in field.choices:
            known = ", ".join(sorted(field.choices))
            raise DataRejected(f"unknown_{field.name}", f"{show(value)}, expected one of {known}")
        return value
    return _identifier(field, value)


def read_text(field: schema.Field, value: Any) -> str | None:
    """Words of a person on one line, cut where they are too long; None: nothing is said.

    What they stand beside takes effect whatever they are: nothing here refuses a message.
    """
    text = value if isinstance(value, str) else show(value)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) > field.length_max:
        line = f"{line[: field.length_max - len(CUT)]}{CUT}"
    return line or None


def _integer_text(field: schema.Field, value: NumberText) -> str:
    if not value.isdigit():
        raise DataRejected("wrong_type", f"{field.name} is {show(value)}, expected text or integer")
    return str(value)


def _identifier(field: schema.Field, value: str) -> str:
    if len(value) > field.length_max:
        raise DataRejected(
            "text_too_long",
            f"{field.name} has {len(value)} characters, at most {field.length_max}: {show(value)}",
        )
    if field.pattern is None or not field.pattern.fullmatch(value):
        raise DataRejected(
            f"{field.name}_not_an_identifier",
            f"{show(value)}, expected {_pattern_text(field)}",
        )
    return value


def _pattern_text(field: schema.Field) -> str:
    return "nothing" if field.pattern is None else field.pattern.pattern


def read_decimal(field: schema.Field, value: Any) -> str:
    """A JSON number as plain decimal text, exactly as many digits as were written."""
    if not isinstance(value, NumberText):
        raise DataRejected("wrong_type", f"{field.name} is {show(value)}, expected a number")
    try:
        number = decimal.Decimal(value)
    except decimal.InvalidOperation:  # an exponent beyond what decimals can hold
        number = decimal.Decimal("NaN")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise DataRejected("number_out_of_range", f"{field.name} is {show(value)}")
    if number.adjusted() >= field.integer_digits or exponent > field.integer_digits:
        raise DataRejected(
            "number_out_of_range",
            f"{field.name} is {show(value)}, with more than {field.integer_digits} whole digits",
        )
    if exponent < -field.fraction_digits:
        raise DataRejected(
            "number_too_precise",
            f"{field.name} is {show(value)}, with more than {field.fraction_digits} decimals",
        )
    if field.minimum is not None and _is_below(field, number):
        rule = "not_positive" if field.is_minimum_excluded else "below_minimum"
        raise DataRejected(f"{field.name}_{rule}", f"{field.name} is {show(value)}")
    return f"{number:f}"


def _is_below(field: schema.Field, number: decimal.Decimal) -> bool:
    if field.minimum is None:
        return False
    return number < field.minimum or (field.is_minimum_excluded and number == field.minimum)


def read_integer(field: schema.Field, value: Any) -> str:
    """A JSON integer as its digits."""
    if not isinstance(value, NumberText):
        raise DataRejected("wrong_type", f"{field.name} is {show(value)}, expected an integer")
    digits = value.removeprefix("-")
    if not digits.isdigit():
        raise DataRejected("wrong_type", f"{field.name} is {show(value)}, expected an integer")
    number = int(value) if len(digits) <= EXPONENT_TEXT_LENGTH_MAX else None
    if (
        number is None
        or (field.minimum is not None and number < field.minimum)
        or (field.maximum is not None and number > field.maximum)
    ):
        raise DataRejected(
            f"{field.name}_out_of_range",
            f"{show(value)}, expected {field.minimum} to {field.maximum}",
        )
    return str(number)


def read_instant(field: schema.Field, value: str, latest: dt.date) -> dt.datetime:
    """ISO 8601 text as an instant in UTC; without a zone it is UTC."""
    shape = INSTANT_SHAPE.fullmatch(value)
    try:
        if shape is None:
            raise ValueError("not ISO 8601")
        instant = _instant_of(shape)
    except (ValueError, OverflowError) as error:
        raise DataRejected(
            f"{_instant_name(field)}_unreadable",
            f"{field.name} is {show(value)}: {error}; expected for example 2026-11-20T14:30:00Z",
        ) from error
    if (shape["fraction"] or "")[MICROSECOND_DIGITS:].strip("0"):
        raise DataRejected(
            f"{_instant_name(field)}_too_precise",
            f"{field.name} is {show(value)}, with more than {MICROSECOND_DIGITS} decimals",
        )
    if not FIRST_INSTANT_DATE <= instant.date() <= latest:
        raise DataRejected(
            f"{_instant_name(field)}_out_of_range",
            f"{field.name} is {show(value)}, expected {FIRST_INSTANT_DATE} to {latest}",
        )
    return instant


def _instant_name(field: schema.Field) -> str:
    return "timestamp" if field.role == "occurred_at" else field.name


def _instant_of(shape: re.Match[str]) -> dt.datetime:
    date, hour, minute, second, fraction, zulu, sign, zone_hour, zone_minute = shape.groups()
    local = dt.datetime.combine(
        dt.date.fromisoformat(date), dt.time(int(hour), int(minute), int(second or 0))
    )
    microseconds = (fraction or "")[:MICROSECOND_DIGITS].ljust(MICROSECOND_DIGITS, "0")
    local += dt.timedelta(microseconds=int(microseconds))
    if zulu is None and sign is not None:
        offset_minutes = int(zone_hour) * 60 + int(zone_minute or 0)
        if int(zone_hour) > 23 or int(zone_minute or 0) > 59:
            raise ValueError("no such zone")
        offset = dt.timedelta(minutes=offset_minutes)
        local = local - offset if sign == "+" else local + offset
    return local.replace(tzinfo=dt.timezone.utc)


def read_date(field: schema.Field, value: str, latest: dt.date) -> dt.date:
    """ISO 8601 text as a date."""
    try:
        if not DATE_SHAPE.fullmatch(value):
            raise ValueError("not YYYY-MM-DD")
        date = dt.date.fromisoformat(value)
    except ValueError as error:
        raise DataRejected(
            f"{field.name}_unreadable",
            f"{show(value)}: {error}; expected for example 2026-11-20",
        ) from error
    last = latest if field.role == "trade_date" else _last_settlement_date(latest)
    if not FIRST_DATE <= date <= last:
        raise DataRejected(
            f"{field.name}_out_of_range",
            f"{show(value)}, expected {FIRST_DATE} to {last}",
        )
    return date


def _last_settlement_date(latest: dt.date) -> dt.date:
    return latest + dt.timedelta(days=SETTLEMENT_DAYS_AHEAD_MAX)
