"""The Kafka produce request and its answer, as bytes (versions 3 to 7 of the protocol)."""

from __future__ import annotations

import dataclasses
import struct

PRODUCE = 0
PRODUCER_AT = 43  # within a record batch: producer id, epoch, first sequence, record count
PRODUCER_LAYOUT = struct.Struct(">qhii")
LOG_START_VERSION = 5  # answers from here on carry the log's first offset


@dataclasses.dataclass(frozen=True)
class Append:
    """What one request wants to add to one partition."""

    topic: str
    partition: int
    size: int
    records: int
    # of an idempotent producer; -1 of others
    producer_id: int = -1
    epoch: int = -1
    first_sequence: int = -1

    @property
    def turn(self) -> tuple[str, int, int, int]:
        """Whose batches have to come one after the other."""
        return self.topic, self.partition, self.producer_id, self.epoch


@dataclasses.dataclass(frozen=True)
class ProduceRequest:
    """A produce request, as far as room in the log is concerned."""

    correlation: int
    version: int
    wants_answer: bool
    appends: tuple[Append, ...]


class Cursor:
    """Reads big-endian values one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def number(self, layout: str) -> int:
        """The next number; ``layout`` as in ``struct``."""
        (value,) = struct.unpack_from(f">{layout}", self.content, self.at)
        self.at += struct.calcsize(f">{layout}")
        return int(value)

    def text(self) -> str | None:
        """The next string, or None for null."""
        length = self.number("h")
        if length < 0:
            return None
        self.at += length
        return self.content[self.at - length : self.at].decode("utf-8")


def read_request(frame: bytes) -> ProduceRequest:
    """Read a produce request, without its leading length.

    Raises:
        struct.error, UnicodeDecodeError: it is none.
    """
    cursor = Cursor(frame)
    cursor.number("h")
    version = cursor.number("h")
    correlation = cursor.number("i")
    cursor.text()  # client id
    cursor.text()  # transactional id
    wants_answer = cursor.number("h") != 0
    cursor.number("i")  # timeout
    appends = []
    for _ in range(cursor.number("i")):
        topic = cursor.text() or ""
        for _ in range(cursor.number("i")):
            partition = cursor.number("i")
            size = max(cursor.number("i"), 0)
            producer_id = epoch = first_sequence = -1
            records = 0
            if size >= PRODUCER_AT + PRODUCER_LAYOUT.size:
                producer_id, epoch, first_sequence, records = PRODUCER_LAYOUT.unpack_from(
                    frame, cursor.at + PRODUCER_AT
                )
            appends.append(
                Append(topic, partition, size, records, producer_id, epoch, first_sequence)
            )
            cursor.at += size
    return ProduceRequest(correlation, version, wants_answer, tuple(appends))


def ask_for_answer(frame: bytes) -> bytes:
    """The same request, wanting an answer: only an answer says what was stored."""
    cursor = Cursor(frame)
    cursor.number("q")
    cursor.text()
    cursor.text()
    return frame[: cursor.at] + struct.pack(">h", 1) + frame[cursor.at + 2 :]


def write_refusal(request: ProduceRequest, error: int) -> bytes:
    """An answer that refuses the whole request, with its leading length."""
    body = [struct.pack(">i", request.correlation), struct.pack(">i", len(request.appends))]
    for append in request.appends:
        name = append.topic.encode()
        body.append(struct.pack(f">h{len(name)}si", len(name), name, 1))
        body.append(struct.pack(">ihqq", append.partition, error, -1, -1))
        if request.version >= LOG_START_VERSION:
            body.append(struct.pack(">q", -1))
    body.append(struct.pack(">i", 0))  # throttle time
    content = b"".join(body)
    return struct.pack(">i", len(content)) + content


def read_base_offsets(answer: bytes, version: int) -> dict[tuple[str, int], int]:
    """First offset given to each partition's batch; partitions that refused are left out.

    Args:
        answer: the answer without its leading length.
        version: the request's version.
    """
    cursor = Cursor(answer)
    cursor.number("i")  # correlation
    offsets: dict[tuple[str, int], int] = {}
    for _ in range(cursor.number("i")):
        topic = cursor.text() or ""
        for _ in range(cursor.number("i")):
            partition = cursor.number("i")
            error = cursor.number("h")
            base = cursor.number("q")
            cursor.number("q")  # append time
            if version >= LOG_START_VERSION:
                cursor.number("q")
            if error == 0 and base >= 0:
                offsets[topic, partition] = base
    return offsets


def write_filler(topic: str, partition: int, records: int, correlation: int) -> bytes:
    """A request whose one batch stands for many records that are not there.

    It moves the end of a log that is otherwise empty: the embedded broker believes the count.
    """
    batch_tail = struct.pack(">hiqqqhii", 1, records - 1, 0, 0, -1, -1, -1, records)
    batch_head = struct.pack(">ibI", 0, 2, 0)
    batch = struct.pack(">qi", 0, len(batch_head) + len(batch_tail)) + batch_head + batch_tail
    name = topic.encode()
    body = struct.pack(">hhihhhi", PRODUCE, 3, correlation, -1, -1, 1, 10_000)
    body += struct.pack(f">ih{len(name)}si", 1, len(name), name, 1)
    body += struct.pack(">ii", partition, len(batch)) + batch
    return struct.pack(">i", len(body)) + body
