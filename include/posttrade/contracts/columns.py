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
from itertools import repeat
from operator import add
from typing import Any, cast

import msgspec

from posttrade.contracts import schema
from posttrade.contracts.message import MESSAGE_BYTES_MAX
from posttrade.contracts.octets import (
    DATE_LENGTH,
    are_plain_identifiers,
    count_marks,
    find_zulu_dates,
)
from posttrade.contracts.rows import Column, Columns
from posttrade.contracts.values import DATE_SHAPE, FIRST_DATE, read_text

KNOWN_MAX = 20_000
NOT_DECODED = (ValueError, RecursionError, ArithmeticError, msgspec.MsgspecError)
# no longer text than this can have more than 10 digits after the point or 18 before
SHORT_NUMBER_LENGTH = 12
TYPES: dict[str, Any] = {
    schema.IDENTIFIER: str,
    schema.TEXT: str,
    schema.CHOICE: str,
    schema.INTEGER: int,
    schema.INSTANT: str,
    schema.DATE: str,
}
PLAIN_NUMBER = b"0123456789.-\n"
# what the database reads as it stands: its offsets end before +16:00, its fractions at microseconds
PLAIN_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
    r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?",
    re.ASCII,
)
# of every identifier that is a name and no code
IDENTIFIER_PATTERN = "^[A-Za-z0-9](?:[A-Za-z0-9 ._:/&-]*[A-Za-z0-9._:/&-])?$"
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
        positions, given = list(range(len(payloads))), cast("Sequence[bytes]", payloads)
        if None in payloads or max(map(len, given), default=0) > MESSAGE_BYTES_MAX:
            positions = [row for row, own in enumerate(payloads) if own is not None]
            positions = [row for row in positions if len(given[row]) <= MESSAGE_BYTES_MAX]
            given = [given[row] for row in positions]
        records, bad = self._decode_all(given)
        if not records:
            return [], []
        if bad:
            positions = [own for row, own in enumerate(positions) if row not in bad]
            given = [own for row, own in enumerate(given) if row not in bad]
        columns: list[RawColumn] = list(zip(*map(msgspec.structs.astuple, records), strict=True))
        if self._count_expected_marks(columns) != count_marks(given):
            marks = list(map(bytes.count, given, repeat(b'"')))
            expected = self._expected_marks(columns)
            regular = [i for i, found in enumerate(marks) if found == expected[i]]
            positions = [positions[i] for i in regular]
            columns = [tuple([column[i] for i in regular]) for column in columns]
        return positions, columns if positions else []

    def _decode_all(self, payloads: Sequence[bytes]) -> tuple[list[Any], set[int]]:
        """The records, and the positions of those that cannot be decoded."""
        records: list[Any] = []
        bad: set[int] = set()
        answers = map(self._decode, payloads)
        while len(records) + len(bad) < len(payloads):
            try:
                records.extend(answers)  # keeps what came before an error, and goes on behind it
            except NOT_DECODED:
                bad.add(len(records) + len(bad))
        return records, bad

    def _count_expected_marks(self, columns: list[RawColumn]) -> int:
        """Of all together: as none has fewer than it is to have, an even sum speaks for each."""
        count = len(columns[0])
        expected = 0
        for field, column in zip(self._fields, columns, strict=True):
            marks = 2 if field.kind in UNQUOTED else 4
            given = count if field.is_required else count - column.count(None)
            expected += marks * given
            if field.is_integer_text:
                expected -= 2 * list(map(type, column)).count(int)
        return expected

    def _expected_marks(self, columns: list[RawColumn]) -> list[int]:
        """Of each."""
        fixed = 0
        varying: list[list[int]] = []
        for field, column in zip(self._fields, columns, strict=True):
            marks = 2 if field.kind in UNQUOTED else 4
            if field.is_required and not field.is_integer_text:
                fixed += marks
                continue
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
            missing = 0 if field.is_required else values.count(None)
            if not missing:
                texts = self._texts(field, values)
                if texts is None:
                    return None
                result.complete[field.name] = texts
            elif missing < len(values):
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
            known = {value: str(value) for value in set(values)}
            return None if is_low or is_high else list(map(known.__getitem__, values))
        if field.kind == schema.INSTANT:
            return list(values) if self._are_plain_instants(values) else None
        if field.kind == schema.DATE:
            return list(values) if self._are_plain_dates(set(values)) else None
        if field.kind == schema.CHOICE:
            return list(values) if field.choices.issuperset(values) else None
        if field.kind == schema.TEXT:
            is_plain = all(read_text(field, value) == value for value in set(values))
            return list(values) if is_plain else None
        if field.is_integer_text:
            if set(map(type, values)) == {str}:
                return _identifier_texts(field, list(values))
            if 0 in values:  # it may have been written as -0, which is no identifier
                return None
            return _identifier_texts(field, list(map(str, values)))
        return list(values) if self._is_known(field, set(values)) else None

    def _are_plain_instants(self, values: tuple[str, ...]) -> bool:
        dates = find_zulu_dates(values)
        if dates is None:
            if not all(map(PLAIN_INSTANT.fullmatch, values)):
                return False
            dates = {value[:DATE_LENGTH] for value in values}
        return self._are_plain_dates(dates)

    def _are_plain_dates(self, texts: set[str]) -> bool:
        """Whether all are dates between the bounds; ISO text sorts as time does."""
        is_inside = self._first <= min(texts) and max(texts) <= self._last
        return is_inside and all(map(_is_date, texts))

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
    if not DATE_SHAPE.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _identifier_texts(field: schema.Field, values: list[str]) -> Column | None:
    if max(map(len, values)) > field.length_max:
        return None
    pattern = cast("re.Pattern[str]", field.pattern)
    if pattern.pattern == IDENTIFIER_PATTERN and are_plain_identifiers(values):
        return values
    return values if all(map(pattern.fullmatch, values)) else None


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
    if field.minimum == 0:
        # a zero begins with one; looked at singly only where any does
        has_zeros = field.is_minimum_excluded and (joined[:1] == b"0" or b"\n0" in joined)
        is_good = b"-" not in joined and not (
            has_zeros and any(not text.strip("0.") for text in texts if text[0] == "0")
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
