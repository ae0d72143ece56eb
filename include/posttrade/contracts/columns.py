"""Reads many regular messages at once: msgspec decodes them, each field is checked as a column.

A message is regular when its payload holds exactly the quotation marks that its decoded fields
account for. Anything else only ever adds marks: an unknown or repeated field, an escaped mark, a
number written as a string, an explicit null. So a regular message needs no look at its text, and
whatever is irregular is left to ``posttrade.contracts.message``, as is every column with a value
that is not plainly good.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable, Sequence
from operator import add
from typing import Any, cast

import msgspec

from posttrade.contracts import schema
from posttrade.contracts.message import MESSAGE_BYTES_MAX
from posttrade.contracts.rows import Column, Columns
from posttrade.contracts.values import FIRST_DATE

KNOWN_MAX = 20_000
# no longer text than this can have more than 10 digits after the point or 18 before
SHORT_NUMBER_LENGTH = 12
TYPES: dict[str, Any] = {
    schema.IDENTIFIER: str,
    schema.CHOICE: str,
    schema.INTEGER: int,
    schema.INSTANT: str,
    schema.DATE: dt.date,
}
PLAIN_NUMBER = b"0123456789.-\n"
DATE_LENGTH = 10
# what the database reads as it stands: its offsets end before +16:00, its fractions at microseconds
PLAIN_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
    r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?",
    re.ASCII,
)
NoneType = type(None)
RawColumn = tuple[Any, ...]
UNQUOTED = (schema.DECIMAL, schema.INTEGER)


class ColumnReader:
    """Decodes regular messages of one contract version; built from the schema alone.

    Args:
        version: the contract version.
        latest: last trade date and instant that are believed.
    """

    def __init__(self, version: schema.Version, latest: dt.date) -> None:
        self._fields = sorted(version.fields, key=lambda field: not field.is_required)
        attributes = [
            (field.name, _type_of(field))
            if field.is_required
            else (field.name, _type_of(field), None)
            for field in self._fields
        ]
        record_type = msgspec.defstruct("Record", attributes, gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(record_type).decode
        self._known: dict[str, set[str]] = {field.name: set() for field in version.fields}
        # two days of room cover every zone; what lies in them is left to the exact rules
        self._first = str(FIRST_DATE + dt.timedelta(days=2))
        self._last = str(latest - dt.timedelta(days=2))

    def decode(self, payloads: Sequence[bytes | None]) -> tuple[list[int], list[RawColumn]]:
        """Decode the regular ones.

        Returns:
            Positions of the regular payloads, and their values: a column for each field.
        """
        records: list[Any] = []
        positions: list[int] = []
        marks: list[int] = []
        decode = self._decode
        for position, payload in enumerate(payloads):
            if payload is None or len(payload) > MESSAGE_BYTES_MAX:
                continue
            try:
                records.append(decode(payload))
            except (ValueError, RecursionError, ArithmeticError, msgspec.MsgspecError):
                continue
            positions.append(position)
            marks.append(payload.count(b'"'))
        if not records:
            return [], []
        columns: list[RawColumn] = list(zip(*map(msgspec.structs.astuple, records), strict=True))
        expected = self._expected_marks(columns)
        if expected != marks:
            regular = [i for i, found in enumerate(marks) if found == expected[i]]
            positions = [positions[i] for i in regular]
            columns = [tuple([column[i] for i in regular]) for column in columns]
        return positions, columns if positions else []

    def _expected_marks(self, columns: list[RawColumn]) -> list[int]:
        fixed = 0
        varying: list[list[int]] = []
        for field, column in zip(self._fields, columns, strict=True):
            marks = 2 if field.kind in UNQUOTED else 4
            types = set(map(type, column))
            if field.is_integer_text and int in types:
                varying.append([4 if value.__class__ is str else 2 for value in column])
            elif NoneType not in types:
                fixed += marks
            elif len(types) > 1:
                varying.append([0 if value is None else marks for value in column])
        expected = [fixed] * len(columns[0])
        for own in varying:
            expected = list(map(add, expected, own))
        return expected

    def read(self, columns: list[RawColumn]) -> Columns | None:
        """Every field as text; None when any value is not plainly good."""
        result = Columns({}, {})
        for field, values in zip(self._fields, columns, strict=True):
            types = set() if field.is_required else set(map(type, values))
            if NoneType not in types:
                texts = self._texts(field, values)
                if texts is None:
                    return None
                result.complete[field.name] = texts
            elif len(types) > 1:
                texts = self._texts(field, tuple([value for value in values if value is not None]))
                if texts is None:
                    return None
                following = iter(texts)
                result.partial[field.name] = [
                    None if value is None else next(following) for value in values
                ]
        return result

    def _texts(self, field: schema.Field, values: tuple[Any, ...]) -> Column | None:
        if field.kind == schema.DECIMAL:
            return _decimal_texts(field, values)
        if field.kind == schema.INTEGER:
            is_low = field.minimum is not None and min(values) < field.minimum
            is_high = field.maximum is not None and max(values) > field.maximum
            return None if is_low or is_high else list(map(str, values))
        if field.kind == schema.INSTANT:
            return list(values) if self._are_plain_instants(values) else None
        if field.kind == schema.DATE:
            texts = {date: str(date) for date in set(values)}
            return [texts[date] for date in values] if self._inside(list(texts.values())) else None
        if field.kind == schema.CHOICE:
            return list(values) if field.choices.issuperset(values) else None
        if field.is_integer_text:
            if 0 in values:  # it may have been written as -0, which is no identifier
                return None
            return _identifier_texts(field, list(map(str, values)))
        return list(values) if self._is_known(field, set(values)) else None

    def _are_plain_instants(self, values: tuple[str, ...]) -> bool:
        if not all(map(PLAIN_INSTANT.fullmatch, values)):
            return False
        dates = {value[:DATE_LENGTH] for value in values}
        return self._inside(list(dates)) is not None and all(map(_is_date, dates))

    def _inside(self, texts: list[str]) -> list[str] | None:
        """The texts when all lie between the bounds; ISO text sorts as time does."""
        return texts if self._first <= min(texts) and max(texts) <= self._last else None

    def _is_known(self, field: schema.Field, values: set[str]) -> bool:
        known = self._known[field.name]
        new = values - known
        if new and _identifier_texts(field, list(new)) is None:
            return False
        if len(known) > KNOWN_MAX:
            known.clear()
        known |= new
        return True


def _type_of(field: schema.Field) -> Any:
    if field.kind == schema.DECIMAL:
        return msgspec.Raw  # takes no part in unions; an absent one is its default, None
    kind = TYPES[field.kind] | int if field.is_integer_text else TYPES[field.kind]
    return kind if field.is_required else kind | None


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _identifier_texts(field: schema.Field, values: list[str]) -> Column | None:
    fullmatch = cast(Any, field.pattern).fullmatch
    is_good = max(map(len, values)) <= field.length_max and all(map(fullmatch, values))
    return values if is_good else None


def _decimal_texts(field: schema.Field, values: tuple[Any, ...]) -> Column | None:
    """Numbers as they were written, without exponents."""
    joined = b"\n".join(values)
    if joined.translate(None, PLAIN_NUMBER):
        return None
    texts = joined.decode("ascii").split("\n")
    if max(map(len, texts)) > SHORT_NUMBER_LENGTH:
        long_texts = [text for text in texts if len(text) > SHORT_NUMBER_LENGTH]
        if not all(_has_few_digits(field, text) for text in long_texts):
            return None
    if field.minimum is None:
        return texts
    if field.minimum == 0 and field.is_minimum_excluded:
        is_good = b"-" not in joined and not any(
            not text.strip("0.") for text in texts if text[0] == "0"
        )
    else:
        lowest = min(map(decimal.Decimal, texts))
        is_good = lowest > field.minimum or (
            lowest == field.minimum and not field.is_minimum_excluded
        )
    return texts if is_good else None


def _has_few_digits(field: schema.Field, text: str) -> bool:
    whole, _, fraction = text.removeprefix("-").partition(".")
    return len(whole) <= field.integer_digits and len(fraction) <= field.fraction_digits
