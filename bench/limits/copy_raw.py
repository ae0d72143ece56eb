"""Limit of the drain: the raw messages, already encoded in memory, into one logged table."""

from __future__ import annotations

import itertools
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.harness import read_sql, timed

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
BLOCK_ROWS = 5_000
FIELD_COUNT = struct.pack(">h", 7)
INTEGER = struct.Struct(">ii")
BIGINT = struct.Struct(">iq")
LENGTH = struct.Struct(">i")
FRAME_BYTES = 2 + 7 * 4  # what COPY adds to a row: how many fields, and the length of each
PARTITION = 0
MESSAGE_AT = 0
NULL = LENGTH.pack(-1)


def copy_raw(database: str, options: Any) -> tuple[float, dict[str, Any]]:
    """Seconds of the COPY, commit included.

    The table is there before, empty: every row goes through the write-ahead log.

    Raises:
        RuntimeError: less was logged than copied, so this was no limit of storing anything.
    """
    blocks = list(encode_blocks(options))
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("create_limit_table"))
        connection.commit()

        def work() -> int:
            cursor = connection.cursor()
            with cursor.copy(read_sql("copy_limit_messages")) as copy:
                for block in blocks:
                    copy.write(block)
            connection.commit()
            return cursor.rowcount

        logged_before = read_logged_bytes(connection)
        seconds, rows = timed(work)
        logged = read_logged_bytes(connection) - logged_before
    copied = sum(map(len, blocks)) - rows * FRAME_BYTES
    if logged < copied:
        raise RuntimeError(f"{copied} bytes were copied, but only {logged} were logged")
    return seconds, {"bytes": copied, "logged_bytes": logged}


def read_logged_bytes(connection: psycopg.Connection[Any]) -> int:
    """How much the server has written to its log so far."""
    row = connection.execute(read_sql("read_logged_bytes")).fetchone()
    connection.commit()
    return int(row[0]) if row else 0


def encode_blocks(options: Any) -> Iterator[bytes]:
    """The day's messages in COPY's binary form: all that a message is, as it is kept."""
    from posttrade.simulator import stream_day
    from posttrade.simulator.truth import TruthWriter

    yield SIGNATURE
    content = options.content()
    with (
        tempfile.TemporaryDirectory() as folder,
        TruthWriter(Path(folder), options.business_date, options.seed, content) as truth,
    ):
        messages = enumerate(stream_day(options, truth))
        while rows := list(itertools.islice(messages, BLOCK_ROWS)):
            yield b"".join(encode_row(number, message) for number, message in rows)
    yield END


def encode_row(number: int, message: Any) -> bytes:
    """One message as a binary COPY row."""
    from posttrade.message_headers import headers_json

    return b"".join(
        (
            FIELD_COUNT,
            encode_bytes(message.topic.encode()),
            INTEGER.pack(4, PARTITION),
            BIGINT.pack(8, number),
            BIGINT.pack(8, MESSAGE_AT),
            encode_bytes(message.key.encode() if isinstance(message.key, str) else message.key),
            encode_bytes(headers_json(message.headers).encode() if message.headers else None),
            encode_bytes(message.payload),
        )
    )


def encode_bytes(content: bytes | None) -> bytes:
    """A field of varying length, or null."""
    return NULL if content is None else LENGTH.pack(len(content)) + content
