"""Raw messages as rows of ``landing.message_blocks``, in COPY's binary form, byte for byte.

Messages of one partition that follow each other share a row that fills a page: storing a message
then costs little more than its bytes.
"""

from __future__ import annotations

import datetime as dt
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import add
from typing import cast

import numpy as np
import numpy.typing as npt

from posttrade.feed_reader import RawBatch
from posttrade.message_headers import HeaderFacts

COPY_BLOCKS = (
    b"copy landing.message_blocks (topic, partition, first_offset, last_offset, batch_id,"
    b" received_on, message_count, message_offsets, message_ats, message_keys, headers, payloads)"
    b" from stdin (format binary)"
)
COLUMN_COUNT = 12
EPOCH_2000 = dt.date(2000, 1, 1)
EPOCH_2000_MS = 946_684_800_000
# a block with its own overhead is to fit on a page of 8 KiB even where some messages are longer
BLOCK_BYTES = 7_400
MESSAGE_OVERHEAD_BYTES = 20  # its instant, two lengths, and what fills up to a multiple of 4
OFFSETS_MAX = 256  # that a block may span: message_blocks_span_few_offsets
ROWS_MAX = OFFSETS_MAX - 1
WRITE_BYTES = 256 * 1024
COPY_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = b"\xff\xff"
JSONB_VERSION = b"\x01"
NULL_LENGTH = b"\xff\xff\xff\xff"
NULL = -1
LENGTH = struct.Struct(">i")
BIGINT = np.dtype([("length", ">i4"), ("value", ">i8")])
KNOWN_LENGTH_MAX = 4096
PLACE = struct.Struct(">iiiqiqiqiiii")
ARRAY = struct.Struct(">6i")
ARRAY_HEAD_BYTES = ARRAY.size - LENGTH.size
BIGINT_OID, BYTEA_OID, TIMESTAMPTZ_OID, JSONB_OID = 20, 17, 1184, 3802


def encode_blocks(
    batch: RawBatch, batch_id: int, arrived_ms: Sequence[int], received_on: dt.date
) -> list[bytes]:
    """The batch's messages as parts of a binary COPY.

    Args:
        batch: messages in the order of partition and offset.
        batch_id: their batch.
        arrived_ms: instant of each, in milliseconds since 1970.
        received_on: UTC date of the drain.
    """
    columns = _Columns(batch, batch_id, arrived_ms, (received_on - EPOCH_2000).days)
    written: list[bytes] = []
    pieces: list[bytes] = [COPY_SIGNATURE]
    size = 0
    for start, end in _cut(batch, columns.sizes):
        size += columns.add_row(start, end, pieces)
        if size > WRITE_BYTES:
            written.append(b"".join(pieces))
            pieces, size = [], 0
    written.append(b"".join([*pieces, COPY_END]))
    return written


def _cut(batch: RawBatch, sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Where blocks begin and end: each of one partition, about a page, and few offsets."""
    begin, offsets = 0, batch.offsets
    while begin < len(offsets):
        end = bisect_left(batch.partitions, batch.partitions[begin] + 1, begin)
        mean = sum(sizes[begin:end]) // (end - begin) + MESSAGE_OVERHEAD_BYTES
        row_count = min(max(BLOCK_BYTES // mean, 1), ROWS_MAX)
        while begin < end:
            stop = min(begin + row_count, end)
            if offsets[stop - 1] - offsets[begin] >= OFFSETS_MAX:
                stop = bisect_left(offsets, offsets[begin] + OFFSETS_MAX, begin, stop)
            yield begin, stop
            begin = stop


class _Columns:
    """Elements of the arrays, each already with its length."""

    def __init__(
        self, batch: RawBatch, batch_id: int, arrived_ms: Sequence[int], received: int
    ) -> None:
        topic = batch.topic.encode()
        self._row = struct.pack(f">hi{len(topic)}s", COLUMN_COUNT, len(topic), topic)
        self._batch, self._batch_id, self._received = batch, batch_id, received
        self._ats = _pack_bigints((np.array(arrived_ms, np.int64) - EPOCH_2000_MS) * 1000)
        self._keys, key_sizes = _elements(batch.keys)
        self._payloads, payload_sizes = _elements(batch.payloads)
        self._key_sizes, self._payload_sizes = key_sizes, payload_sizes
        self.sizes = list(map(add, key_sizes, payload_sizes))
        self._headers: dict[HeaderFacts | None, bytes] = {None: NULL_LENGTH}
        for facts in set(batch.headers) - {None}:
            text = JSONB_VERSION + cast("HeaderFacts", facts).text
            self._headers[facts] = LENGTH.pack(len(text)) + text

    def add_row(self, start: int, end: int, pieces: list[bytes]) -> int:
        """Add a block of messages ``start`` to ``end``; its size in bytes, about."""
        batch, count = self._batch, end - start
        first, last = batch.offsets[start], batch.offsets[end - 1]
        key_bytes = sum(self._key_sizes[start:end])
        payload_bytes = sum(self._payload_sizes[start:end])
        pieces += (
            self._row,
            PLACE.pack(4, batch.partitions[start], 8, first, 8, last, 8, self._batch_id, 4,
                       self._received, 4, count),
        )  # fmt: skip
        if last - first + 1 == count:
            pieces.append(NULL_LENGTH)
        else:
            offsets = _pack_bigints(np.array(batch.offsets[start:end], np.int64))
            pieces += (_array_head(BIGINT_OID, count, len(offsets)), offsets)
        pieces += (
            _array_head(TIMESTAMPTZ_OID, count, count * BIGINT.itemsize),
            self._ats[start * BIGINT.itemsize : end * BIGINT.itemsize],
            _array_head(BYTEA_OID, count, count * LENGTH.size + key_bytes),
        )
        pieces += self._keys[2 * start : 2 * end]
        headers = batch.headers[start:end]
        if headers.count(headers[0]) == count:
            headers = headers[:1]
        texts = list(map(self._headers.__getitem__, headers))
        pieces.append(_array_head(JSONB_OID, len(texts), sum(map(len, texts))))
        pieces += texts
        pieces.append(_array_head(BYTEA_OID, count, count * LENGTH.size + payload_bytes))
        pieces += self._payloads[2 * start : 2 * end]
        return key_bytes + payload_bytes


def _array_head(oid: int, count: int, size: int) -> bytes:
    return ARRAY.pack(ARRAY_HEAD_BYTES + size, 1, 0, oid, count, 1)


def _pack_bigints(values: npt.NDArray[np.int64]) -> bytes:
    """Each with its length before it."""
    packed = np.empty(len(values), BIGINT)
    packed["length"], packed["value"] = BIGINT["value"].itemsize, values
    return packed.tobytes()


class _PackedLengths(dict[int, bytes]):
    """Lengths as COPY has them; the usual ones are packed once."""

    def __missing__(self, length: int) -> bytes:
        packed = LENGTH.pack(length)
        if length <= KNOWN_LENGTH_MAX:
            self[length] = packed
        return packed


_packed_lengths = _PackedLengths()


def _elements(values: list[bytes | None]) -> tuple[list[bytes], list[int]]:
    """Lengths and values by turns, and how many bytes each value has."""
    filled = cast("list[bytes]", values)
    try:
        lengths = list(map(len, filled))
    except TypeError:  # some are null
        lengths = [NULL if value is None else len(value) for value in values]
        filled = [value or b"" for value in values]
    packed = map(_packed_lengths.__getitem__, lengths)
    pieces = list(chain.from_iterable(zip(packed, filled, strict=True)))
    return pieces, lengths if filled is values else list(map(len, filled))
