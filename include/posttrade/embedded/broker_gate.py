"""Stands before the embedded broker: a fixed port, and room that is never overfilled.

The embedded broker keeps 5 MiB and 100,000 batches for each partition and would then drop the
oldest without a word. Every request passes here, so this knows to the byte what each partition
holds: the sizes from produce requests, the offsets from their answers. A request that does not
fit is answered with a retriable error, and never reaches the broker: the producer waits, tries
again and in the end reports the failure to its caller. Room comes back when the drain has stored
messages in the database: they are forgotten when a partition is half full or has no room.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import struct
import time
from collections.abc import Callable, Collection, Mapping

from posttrade.embedded import produce

BYTES_MAX = 5 * 1024 * 1024
BATCHES_MAX = 100_000
TRIM_FROM = 0.5  # of either limit
TRIM_INTERVAL_S = 0.25
FRAME_BYTES_MAX = 128 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
LAST_ANSWERS_S = 10
FULL = 56  # KAFKA_STORAGE_ERROR: producers try again until their delivery timeout
TOO_LARGE = 10  # MESSAGE_TOO_LARGE
UNKNOWN_TOPIC = 3  # UNKNOWN_TOPIC_OR_PARTITION

SEQUENCE_MASK = 0x7FFFFFFF  # sequences begin again at 0 after this

Key = tuple[str, int]


@dataclasses.dataclass
class Room:
    """What one partition holds: stored batches (first offset, end offset, size), oldest first."""

    stored: collections.deque[tuple[int, int, int]] = dataclasses.field(
        default_factory=collections.deque
    )
    stored_bytes: int = 0
    reserved_bytes: int = 0
    reserved_batches: int = 0

    def fits(self, size: int) -> bool:
        """Whether one more batch can be taken."""
        batches = len(self.stored) + self.reserved_batches + 1
        return (
            self.stored_bytes + self.reserved_bytes + size <= BYTES_MAX and batches <= BATCHES_MAX
        )

    @property
    def fill(self) -> float:
        """Share of the tighter limit that is used."""
        batches = len(self.stored) + self.reserved_batches
        return max((self.stored_bytes + self.reserved_bytes) / BYTES_MAX, batches / BATCHES_MAX)


class Gate:
    """Passes bytes between clients and the broker and keeps the account of its room.

    Args:
        upstream: address of the broker itself.
        topics: name -> number of partitions; nothing else can be written to.
        read_drained: next offset to drain of each partition; called in a thread, may fail.
        forget: tells the broker to forget what lies before an offset.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        topics: Mapping[str, int],
        read_drained: Callable[[], Mapping[Key, int]],
        forget: Callable[[str, int, int], None],
    ) -> None:
        self.upstream = upstream
        self.rooms = {
            (name, number): Room() for name, count in topics.items() for number in range(count)
        }
        self.read_drained = read_drained
        self.forget = forget
        self.note_end: Callable[[str, int, int], None] = lambda *_: None  # told before producers
        # first sequence of the batch that a producer was refused last, and has to bring again
        self._owed: dict[tuple[str, int, int, int], int] = {}
        self._trimmed_at = 0.0
        self._trimming = asyncio.Lock()
        self.refused = 0

    async def serve_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection until either side ends it."""
        try:
            to_broker = await asyncio.open_connection(*self.upstream, limit=CHUNK_BYTES)
        except OSError:
            writer.close()
            return
        link = Link(self, (reader, writer), to_broker)
        requests = asyncio.create_task(link.pass_requests())
        answers = asyncio.create_task(link.pass_answers())
        tasks = (requests, answers)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not answers.done():  # the client left: learn what became of what it sent
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(link.await_answers(), LAST_ANSWERS_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            link.close()

    async def find_refusal(self, request: produce.ProduceRequest) -> int | None:
        """The error that answers a request which cannot be taken, or None."""
        for append in request.appends:
            if (append.topic, append.partition) not in self.rooms:
                return UNKNOWN_TOPIC
            if append.size > BYTES_MAX:
                return TOO_LARGE
        if any(self._is_out_of_turn(append) for append in request.appends):
            self.refused += 1
            return FULL
        rooms = [(self.rooms[a.topic, a.partition], a.size) for a in request.appends]
        tight = [room for room, size in rooms if room.fill >= TRIM_FROM or not room.fits(size)]
        if tight:
            await self.trim(tight)
        if all(room.fits(size) for room, size in rooms):
            for append in request.appends:
                if self._owed.get(append.turn) == append.first_sequence:
                    del self._owed[append.turn]
            return None
        for append in request.appends:
            if append.producer_id >= 0:
                self._owed.setdefault(append.turn, append.first_sequence)
        self.refused += 1
        return FULL

    def _is_out_of_turn(self, append: produce.Append) -> bool:
        """Whether an earlier batch of this producer was refused and did not come again yet.

        Were the later one stored, the producer would take that for an answer to both, and report
        messages as delivered that nobody has.
        """
        owed = self._owed.get(append.turn, append.first_sequence)
        return 0 < (append.first_sequence - owed) & SEQUENCE_MASK <= SEQUENCE_MASK // 2

    def reserve(self, request: produce.ProduceRequest) -> None:
        """Count a request that goes to the broker now."""
        for append in request.appends:
            room = self.rooms[append.topic, append.partition]
            room.reserved_bytes += append.size
            room.reserved_batches += 1

    def settle(self, request: produce.ProduceRequest, offsets: Mapping[Key, int]) -> None:
        """Turn what was reserved into what is stored, as the broker answered."""
        for append in request.appends:
            room = self.rooms[append.topic, append.partition]
            room.reserved_bytes -= append.size
            room.reserved_batches -= 1
            base = offsets.get((append.topic, append.partition))
            if base is not None:
                room.stored.append((base, base + append.records, append.size))
                room.stored_bytes += append.size
                self.note_end(append.topic, append.partition, base + append.records)

    async def trim(self, tight: Collection[Room] = ()) -> None:
        """Forget what is drained, in partitions that fill up; at most a few times a second.

        Args:
            tight: partitions that need room now, however full they are.
        """
        async with self._trimming:
            if time.monotonic() - self._trimmed_at < TRIM_INTERVAL_S:
                return
            try:
                drained = await asyncio.to_thread(self.read_drained)
            finally:
                self._trimmed_at = time.monotonic()
            for key, next_offset in drained.items():
                room = self.rooms.get(key)
                if room is None:
                    continue
                if room.fill >= TRIM_FROM or any(room is other for other in tight):
                    self._trim_room(key, room, next_offset)

    def _trim_room(self, key: Key, room: Room, next_offset: int) -> None:
        forgotten = None
        while room.stored and room.stored[0][1] <= next_offset:
            _, forgotten, size = room.stored.popleft()
            room.stored_bytes -= size
        if forgotten is not None:
            self.forget(*key, forgotten)

    def describe_fill(self) -> dict[str, dict[str, float]]:
        """For each topic the fullest partition's share, and the bytes of all."""
        facts: dict[str, dict[str, float]] = {}
        for (topic, _), room in self.rooms.items():
            entry = facts.setdefault(topic, {"bytes": 0, "fullest_partition": 0.0})
            entry["bytes"] += room.stored_bytes
            entry["fullest_partition"] = round(max(entry["fullest_partition"], room.fill), 4)
        return facts


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Link:
    """One client connection and its connection to the broker."""

    def __init__(self, gate: Gate, client: Stream, broker: Stream) -> None:
        self.gate = gate
        self.from_client, self.to_client = client
        self.from_broker, self.to_broker = broker
        self.pending: dict[int, produce.ProduceRequest] = {}
        self.unanswered = 0
        self.all_answered = asyncio.Event()

    async def pass_requests(self) -> None:
        """Pass requests to the broker; answer those that find no room here."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, struct.error):
            while True:
                head = await self.from_client.readexactly(4)
                (length,) = struct.unpack(">i", head)
                if not 8 <= length <= FRAME_BYTES_MAX:
                    return
                frame = await self.from_client.readexactly(length)
                if frame[:2] == b"\0\0":
                    request = produce.read_request(frame)
                    error = await self.gate.find_refusal(request)
                    if error is not None:
                        await self._refuse(request, error)
                        continue
                    self.gate.reserve(request)
                    self.pending[request.correlation] = request
                    frame = frame if request.wants_answer else produce.ask_for_answer(frame)
                self.unanswered += 1
                self.to_broker.write(head)
                self.to_broker.write(frame)
                await self.to_broker.drain()

    async def _refuse(self, request: produce.ProduceRequest, error: int) -> None:
        if not request.wants_answer:
            raise ConnectionError  # nobody waits for an answer: a broken line is the only sign
        await self.await_answers()  # answers keep the order of the requests
        self.to_client.write(produce.write_refusal(request, error))
        await self.to_client.drain()

    async def await_answers(self) -> None:
        """Wait until the broker has answered everything that was passed to it."""
        while self.unanswered:
            self.all_answered.clear()
            await self.all_answered.wait()

    async def pass_answers(self) -> None:
        """Pass answers to the client, reading those to produce requests on the way."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, struct.error):
            while True:
                head = await self.from_broker.readexactly(8)
                length, correlation = struct.unpack(">ii", head)
                request = self.pending.pop(correlation, None)
                if request is None:
                    await self._send(head)
                    await self._pass_bytes(length - 4)
                else:
                    rest = await self.from_broker.readexactly(length - 4)
                    offsets = produce.read_base_offsets(head[4:] + rest, request.version)
                    self.gate.settle(request, offsets)
                    if request.wants_answer:
                        await self._send(head + rest)
                self.unanswered -= 1
                if not self.unanswered:
                    self.all_answered.set()

    async def _pass_bytes(self, left: int) -> None:
        while left > 0:
            chunk = await self.from_broker.read(min(left, CHUNK_BYTES))
            if not chunk:
                raise ConnectionError
            left -= len(chunk)
            await self._send(chunk)

    async def _send(self, content: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # gone; its produce requests still count
            if not self.to_client.is_closing():
                self.to_client.write(content)
                await self.to_client.drain()

    def close(self) -> None:
        """End both connections."""
        for request in self.pending.values():
            self.gate.settle(request, {})
        for writer in (self.to_client, self.to_broker):
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
