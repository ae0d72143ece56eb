"""Messages that never became a record: listed, exported for repair, replayed once repaired."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import psycopg
from psycopg.rows import dict_row

from posttrade.contracts.message import HEADER, parse_object
from posttrade.contracts.values import NumberText
from posttrade.database import connect
from posttrade.errors import ConfigurationError, DataRejected
from posttrade.sending import Message, send_messages
from posttrade.statements import read_statement

ROWS_MAX = 10_000_000
FETCH_ROWS = 500
LINE_BYTES_MAX = 16 * 1024 * 1024
REPLAY_HEADER = "replay-of"


@dataclasses.dataclass(frozen=True)
class RejectFilter:
    """Which rejects; what is None does not filter."""

    feed: str | None = None
    business_date: dt.date | None = None
    reason: str | None = None
    stage: str | None = None
    with_replayed: bool = False
    row_limit: int = ROWS_MAX


@dataclasses.dataclass(frozen=True)
class ReplayResult:
    """What a replay did with the lines of its file."""

    replayed: int
    unchanged: int
    replayed_before: int


def iterate_rejects(dsn: str, chosen: RejectFilter) -> Iterator[dict[str, Any]]:
    """Rejects one by one, oldest first; ``payload`` as it can stand in JSON (see `describe`).

    Raises:
        Unavailable: the database does not answer.
    """
    with (
        connect(dsn) as connection,
        connection.cursor("rejects", row_factory=dict_row) as cursor,
    ):
        cursor.itersize = FETCH_ROWS
        cursor.execute(read_statement("rejects/list_rejects"), dataclasses.asdict(chosen))
        for row in cursor:
            yield describe(row)


def list_rejects(dsn: str, chosen: RejectFilter) -> list[dict[str, Any]]:
    """Rejects, oldest first.

    Raises:
        Unavailable: the database does not answer.
    """
    return list(iterate_rejects(dsn, chosen))


def count_rejects(dsn: str) -> int:
    """How many messages were refused so far.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        row = connection.execute(read_statement("rejects/count_rejects")).fetchone()
    return int(row[0]) if row else 0


def describe(row: Mapping[str, Any]) -> dict[str, Any]:
    """A reject as JSON: its payload as text, or in base64 where it is no text, or null."""
    described = {
        name: str(value) if isinstance(value, (dt.date, dt.datetime)) else value
        for name, value in row.items()
        if name != "payload"
    }
    payload = row["payload"]
    if payload is None:
        return {**described, "payload": None}
    try:
        return {**described, "payload": bytes(payload).decode("utf-8")}
    except UnicodeDecodeError:
        return {**described, "payload_base64": base64.b64encode(payload).decode("ascii")}


def export_rejects(dsn: str, chosen: RejectFilter, target: TextIO) -> int:
    """Write rejects as NDJSON, one a line, ready to be repaired and replayed.

    Returns:
        How many.

    Raises:
        Unavailable: the database does not answer.
    """
    count = 0
    for reject in iterate_rejects(dsn, chosen):
        target.write(json.dumps(reject, ensure_ascii=False) + "\n")
        count += 1
    return count


def replay_rejects(dsn: str, kafka_config: Mapping[str, Any], path: Path) -> ReplayResult:
    """Send repaired messages into their topics as new messages, and mark their rejects.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        path: lines as `export_rejects` wrote them, with ``payload`` (text) or ``payload_base64``
            repaired. ``contract_version`` states another contract version.

    Returns:
        How many were sent. Lines whose payload is as it was are not sent, nor are those that were
        replayed before: a file can be replayed again after a part of it failed.

    Raises:
        ConfigurationError: a line cannot be read (then nothing is sent), or names no reject.
        Unavailable: broker or database do not answer; what was sent is marked.
    """
    counts = {"unchanged": 0, "replayed_before": 0}
    delivered: list[int] = []
    with connect(dsn) as connection:
        connection.autocommit = True
        try:
            send_messages(
                kafka_config,
                _repaired_messages(connection, path, counts),
                on_delivered=delivered.append,
            )
        finally:
            connection.execute(read_statement("rejects/mark_replayed"), {"reject_ids": delivered})
    return ReplayResult(len(delivered), **counts)


def _repaired_messages(
    connection: psycopg.Connection[Any], path: Path, counts: dict[str, int]
) -> Iterator[Message]:
    for _ in _read_lines(path):  # the whole file first: it is sent as a whole or not at all
        pass
    seen: set[int] = set()
    for where, reject_id, repaired, payload in _read_lines(path):
        row = connection.execute(
            read_statement("rejects/read_reject"), {"reject_id": reject_id}
        ).fetchone()
        if row is None:
            raise ConfigurationError(
                f"{where}: there is no reject {reject_id}; the lines before it were sent"
            )
        topic, partition, offset, original, replayed_at, version = row
        if replayed_at is not None or reject_id in seen:
            counts["replayed_before"] += 1
        elif payload == original:
            counts["unchanged"] += 1
        else:
            seen.add(reject_id)
            headers = [(REPLAY_HEADER, f"{topic}/{partition}/{offset}".encode())]
            version = repaired.get("contract_version", version)
            if version is not None:
                headers.append((HEADER, str(version).encode()))
            yield Message(topic, _key_of(payload), payload, tuple(headers), reject_id)


def _read_lines(path: Path) -> Iterator[tuple[str, int, dict[str, Any], bytes | None]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    with file:
        number = 0
        while line := file.readline(LINE_BYTES_MAX):
            number += 1
            if line.strip():
                where = f"{path} line {number}"
                repaired = _read_line(line, where)
                yield where, repaired["reject_id"], repaired, _payload_of(repaired, where)


def _read_line(line: bytes, where: str) -> dict[str, Any]:
    try:
        repaired = json.loads(line)
    except ValueError as error:
        raise ConfigurationError(f"{where} is no JSON: {error}") from error
    if not isinstance(repaired, dict) or type(repaired.get("reject_id")) is not int:
        raise ConfigurationError(f"{where} is no reject: it has no reject_id")
    return repaired


def _payload_of(repaired: Mapping[str, Any], where: str) -> bytes | None:
    """The repaired payload; text only, because floats would change the digits of an object."""
    encoded = repaired.get("payload_base64")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ConfigurationError(f"{where}: payload_base64 is not base64: {error}") from error
    payload = repaired.get("payload")
    if payload is None:
        return None
    if not isinstance(payload, str):
        raise ConfigurationError(f"{where}: payload must be text (the message as it is to be sent)")
    return payload.encode("utf-8", "surrogatepass")


def _key_of(payload: bytes | None) -> bytes | None:
    try:
        trade_id = parse_object(payload).get("trade_id")
    except DataRejected:
        return None
    if isinstance(trade_id, (str, NumberText)):
        return trade_id.encode("utf-8", "replace")
    return None
