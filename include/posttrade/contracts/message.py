"""Reads one message exactly: bytes to the values of its fields, or the first rule it breaks.

This is the meaning of a contract. ``posttrade.contracts.columns`` is a faster way to the same
values for messages without any irregularity, and leaves every other message to this one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from typing import Any, NoReturn

from posttrade.contracts.schema import TEXT, Field, Version
from posttrade.contracts.text_form import is_text_form, parse_text
from posttrade.contracts.values import NumberText, read_text, read_value, show
from posttrade.errors import DataRejected

MESSAGE_BYTES_MAX = 256 * 1024
HEADER = "contract-version"
VERSION_FIELD = "contract_version"
UNREADABLE_ROW = "unreadable_row"  # how a load sends a row that has more cells than its header
VERSION_DIGITS_MAX = 4
VERSION_FIELD_BYTES = VERSION_FIELD.encode()
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_message(version: Version, payload: bytes | None) -> dict[str, Any]:
    """The fields of a message: of its JSON object or, where its contract has one, its text form.

    Raises:
        DataRejected: the payload is neither, or names a field twice.
    """
    if version.text_form is not None and payload and len(payload) <= MESSAGE_BYTES_MAX:
        text = _decode_text(payload)
        if is_text_form(text):
            return parse_text(version.text_form, text)
    return parse_object(payload)


def parse_object(payload: bytes | None) -> dict[str, Any]:
    """The JSON object of a message; numbers stay as they were written (``NumberText``).

    Raises:
        DataRejected: the payload is no JSON object, or names a field twice.
    """
    if not payload:
        raise DataRejected("empty_message", "the message has no payload")
    if len(payload) > MESSAGE_BYTES_MAX:
        raise DataRejected(
            "message_too_large",
            f"{len(payload)} bytes, at most {MESSAGE_BYTES_MAX} are accepted",
        )
    text = _decode_text(payload)
    try:
        parsed = json.loads(
            text,
            object_pairs_hook=_object_of,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_refuse_constant,
        )
    except ValueError as error:
        raise DataRejected("not_json", str(error)) from error
    except RecursionError as error:
        raise DataRejected("nested_too_deeply", "the payload is nested too deeply") from error
    if not isinstance(parsed, dict):
        raise DataRejected("not_an_object", f"expected a JSON object, found {show(parsed)}")
    return parsed


def _decode_text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataRejected("not_utf8", f"byte {error.start}: {error.reason}") from error


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        name = next(name for name, count in counts.items() if count > 1)
        raise DataRejected("duplicate_field", f"{show(name)} stands more than once")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise DataRejected("not_json", f"{name} is no JSON number")


def read_fields(version: Version, parsed: dict[str, Any], latest: dt.date) -> dict[str, Any]:
    """The values of a version's fields; a field that is left out or null is None.

    Raises:
        DataRejected: a field is missing or breaks its rule, or the message stands for a row of a
            file that cannot be told apart into fields.
    """
    if UNREADABLE_ROW in parsed:
        cells, line = parsed[UNREADABLE_ROW], parsed.get("line")
        count = len(cells) if isinstance(cells, list) else show(cells)
        raise DataRejected(
            "row_has_too_many_cells",
            f"line {show(line)} of the file has {count} cells, its header "
            f"{show(parsed.get('expected_cells'))}: a comma inside a cell needs quotes around it",
        )
    return {field.name: _read_field(field, parsed, latest) for field in version.fields}


def _read_field(field: Field, parsed: dict[str, Any], latest: dt.date) -> str | None:
    value = parsed.get(field.name)
    if value is None:
        if not field.is_required:
            return None
        if field.name in parsed:
            raise DataRejected("wrong_type", f"{field.name} is null")
        raise DataRejected("missing_field", f"{field.name} is missing")
    if field.kind == TEXT:
        return read_text(field, value)
    if isinstance(value, str) and LONE_SURROGATE.search(value):
        raise DataRejected("lone_surrogate", f"{field.name} is no text: {show(value)}")
    # dates and instants too: text is what a COPY takes
    return str(read_value(field, value, latest))


def stated_version(header: bytes | str | None, payload: bytes | None) -> int | None:
    """The contract version that a message names, 1 when it names none, None when unreadable.

    The header wins over the field. A payload that is no JSON says nothing: version 1's decoder then
    finds what is wrong with it.
    """
    if header is not None:
        text = header.decode("ascii", "replace") if isinstance(header, bytes) else header
        return _version_of(text)
    if payload is None or VERSION_FIELD_BYTES not in payload:
        return 1
    try:
        value = parse_object(payload).get(VERSION_FIELD)
    except DataRejected:
        return 1
    if value is None:
        return 1
    return _version_of(value) if isinstance(value, NumberText) else None


def _version_of(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX
    return int(text) if is_number else None
