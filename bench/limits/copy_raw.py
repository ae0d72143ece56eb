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
FIELD_COUNT = struct.pack(">h", 4)
INTEGER = struct.Struct(">ii")
BIGINT = struct.Struct(">iq")
LENGTH = struct.Struct(">i")
PARTITION = 0
NULL = LENGTH.pack(-1)


def copy_raw(database: str, options: Any) -> tuple[float, dict[str, Any]]:
    """Seconds of the COPY, commit included."""
    blocks = list(encode_blocks(options))
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("create_limit_table"))
        connection.commit()

        def work() -> None:
            with connection.cursor().copy(read_sql("copy_limit_messages")) as copy:
                for block in blocks:
                    copy.write(block)
            connection.commit()

        seconds, _ = timed(work)
    return seconds, {"bytes": sum(map(len, blocks))}


def encode_blocks(options: Any) -> Iterator[bytes]:
    """The day's messages in COPY's binary form: topic, partition, offset, payload."""
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
    topic = message.topic.encode()
    payload = message.payload
    return b"".join(
        (
            FIELD_COUNT,
            LENGTH.pack(len(topic)),
            topic,
            INTEGER.pack(4, PARTITION),
            BIGINT.pack(8, number),
            NULL if payload is None else LENGTH.pack(len(payload)) + payload,
        )
    )
