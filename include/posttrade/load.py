"""Files instead of a stream: a CSV or NDJSON file into a feed's topic.

What is in the file is sent as it stands: numbers keep their digits, a cell that is no number goes
as the text it is, and the drain then refuses it with a reason. So the file and the stream meet the
same rules, and no line is lost on the way.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from posttrade.contracts.message import HEADER, UNREADABLE_ROW, VERSION_FIELD, parse_object
from posttrade.contracts.schema import DECIMAL, INTEGER, SOURCE, Version, read_contract
from posttrade.contracts.values import NumberText
from posttrade.errors import ConfigurationError, DataRejected
from posttrade.feeds import FEEDS, Feed
from posttrade.sending import Message, send_messages
from posttrade.topics import MESSAGE_BYTES_MAX

CSV_SUFFIXES = (".csv", ".txt")
JSON_SUFFIXES = (".ndjson", ".jsonl", ".json")
FILE_HEADER = "source-file"
LINE_HEADER = "source-line"
Headers = tuple[tuple[str, bytes], ...]
NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?", re.ASCII)


@dataclasses.dataclass(frozen=True)
class LoadResult:
    """What a load sent."""

    feed: str
    file: str
    message_count: int


def load_file(
    kafka_config: Mapping[str, Any],
    feed: str,
    path: Path,
    *,
    business_date: dt.date | None = None,
    source: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> LoadResult:
    """Send every row of a file to a feed's topic.

    Args:
        kafka_config: client settings of the broker.
        feed: name of the feed.
        path: a CSV file with a header line, or one JSON object a line.
        business_date: trade date (of a statement: as-of date) for rows that state none.
        source: source for rows that state none.
        on_progress: told now and then how many the broker has.

    Raises:
        ConfigurationError: no such feed or file, a column is missing, or a line is too long.
        Unavailable: the broker does not take the messages. Loading the file again is safe: the
            same record twice is counted as a duplicate.
    """
    if feed not in FEEDS:
        raise ConfigurationError(f"no feed {feed!r}: choose one of {', '.join(FEEDS)}")
    if not path.is_file():
        raise ConfigurationError(f"no file {path}")
    stated: dict[str, str] = {}
    if business_date is not None:
        stated[read_contract(FEEDS[feed]).date_name] = business_date.isoformat()
    if source is not None:
        stated[SOURCE] = source
    read = _read_csv if _is_csv(path) else _read_json_lines
    messages = read(FEEDS[feed], path, stated)
    count = send_messages(kafka_config, messages, on_progress=on_progress)
    return LoadResult(feed, str(path), count)


def _is_csv(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        return True
    if suffix in JSON_SUFFIXES:
        return False
    with path.open("rb") as file:
        return not file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def choose_version(feed: Feed, names: set[str]) -> Version | None:
    """The newest contract version whose required fields are all among the names."""
    versions = read_contract(feed).versions
    fitting = [
        version
        for version in versions.values()
        if {field.name for field in version.fields if field.is_required} <= names
    ]
    return max(fitting, key=lambda version: version.number, default=None)


def _read_csv(feed: Feed, path: Path, stated: Mapping[str, str]) -> Iterator[Message]:
    csv.field_size_limit(MESSAGE_BYTES_MAX)
    # bytes that are not UTF-8 pass through unchanged, for the drain to refuse
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, skipinitialspace=True)
        try:
            header = [name.strip() for name in next(rows, [])]
            version = _version_of_header(feed, header, stated, path)
            numeric = {f.name for f in version.fields if f.kind in (DECIMAL, INTEGER)}
            for cells in rows:
                if cells:
                    fields = _row_fields(header, cells, stated, rows.line_num)
                    origin = _origin_of(path, rows.line_num)
                    yield _outgoing(feed, version, fields, numeric, origin)
        except csv.Error as error:
            raise ConfigurationError(
                f"{path} cannot be read as CSV at line {rows.line_num}: {error}; the lines before "
                "it were sent, and sending them again is safe"
            ) from error


def _version_of_header(
    feed: Feed, header: list[str], stated: Mapping[str, str], path: Path
) -> Version:
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise ConfigurationError(f"{path}: columns stand twice: {', '.join(repeated)}")
    names = {*header, *stated}
    version = choose_version(feed, names)
    if version is not None:
        return version
    missing = {
        known.number: [f.name for f in known.fields if f.is_required and f.name not in names]
        for known in read_contract(feed).versions.values()
    }
    number, columns = min(missing.items(), key=lambda item: len(item[1]))
    raise ConfigurationError(
        f"{path} lacks columns of feed {feed.name} (contract v{number}): {', '.join(columns)}; "
        f"found: {', '.join(header) or 'nothing'}"
    )


def _row_fields(
    header: list[str], cells: list[str], stated: Mapping[str, str], line: int
) -> dict[str, Any]:
    if len(cells) > len(header):
        # an unquoted comma shifts every cell behind it: no field can be trusted
        return {UNREADABLE_ROW: cells, "line": line, "expected_cells": len(header)}
    fields: dict[str, Any] = dict(stated)
    for name, cell in zip(header, cells, strict=False):
        text = cell.strip()
        if text:
            fields[name] = text
    return fields


def _origin_of(path: Path, line: int) -> Headers:
    """Which line of which file a message is: whoever repairs a reject looks there."""
    name = path.name.encode("utf-8", "replace")
    return ((FILE_HEADER, name), (LINE_HEADER, str(line).encode()))


def _outgoing(
    feed: Feed, version: Version, fields: dict[str, Any], numeric: set[str], origin: Headers
) -> Message:
    parts = [
        f"{json.dumps(name)}:{_json_value(value, is_number=name in numeric)}"
        for name, value in fields.items()
    ]
    text = "{" + ",".join(parts) + "}"
    return Message(
        topic=feed.name,
        key=_key_of(fields),
        payload=text.encode("utf-8", "surrogateescape"),
        headers=((HEADER, str(version.number).encode()), *origin),
        identity=f"line {origin[-1][1].decode()}",
    )


def _json_value(value: Any, *, is_number: bool) -> str:
    if is_number and isinstance(value, str):
        number = number_text(value)
        if number is not None:
            return number
    return json.dumps(value, ensure_ascii=False)


def number_text(cell: str) -> str | None:
    """A cell's number in JSON's spelling, digit by digit; None when it is no number."""
    shape = NUMBER.fullmatch(cell)
    if shape is None or not (shape[2] or shape[3]):
        return None
    sign, whole, fraction, exponent = shape.groups()
    number = ("-" if sign == "-" else "") + (whole.lstrip("0") or "0")
    return number + (f".{fraction}" if fraction else "") + (exponent or "")


def _key_of(fields: Mapping[str, Any]) -> bytes | None:
    trade_id = fields.get("trade_id")
    return trade_id.encode("utf-8", "surrogateescape") if isinstance(trade_id, str) else None


def _read_json_lines(feed: Feed, path: Path, stated: Mapping[str, str]) -> Iterator[Message]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MESSAGE_BYTES_MAX):
            number += 1
            if len(line) == MESSAGE_BYTES_MAX and not line.endswith(b"\n"):
                raise ConfigurationError(
                    f"{path} line {number} is longer than {MESSAGE_BYTES_MAX} bytes; the lines "
                    "before it were sent, and sending them again is safe"
                )
            content = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
            if content:
                yield _outgoing_line(feed, content, stated, _origin_of(path, number))


def _outgoing_line(
    feed: Feed, content: bytes, stated: Mapping[str, str], origin: Headers
) -> Message:
    """A line as it stands; what it leaves open is added behind its last field."""
    identity = f"line {origin[-1][1].decode()}"
    try:
        fields = parse_object(content)
    except DataRejected:
        return Message(feed.name, None, content, origin, identity=identity)
    added = {name: value for name, value in stated.items() if name not in fields}
    headers = origin
    if VERSION_FIELD not in fields:
        version = choose_version(feed, {*fields, *added})
        if version is not None:
            headers = ((HEADER, str(version.number).encode()), *origin)
    if added:
        more = json.dumps(added)[1:-1]
        content = content.rstrip()[:-1] + (b"," if fields else b"") + more.encode() + b"}"
    trade_id = fields.get("trade_id")
    key = None
    if isinstance(trade_id, (str, NumberText)):
        key = trade_id.encode("utf-8", "replace")
    return Message(feed.name, key, content, headers, identity=identity)
