"""Reads one topic from stored offsets to its end, as batches of bounded size.

Messages are never counted to find the end: transaction markers and compaction leave gaps. A
partition is done when a message, the end-of-partition event or the consumer's position reaches the
end offset known at the start. The client stays silent for ever while the broker is away, so the
reader keeps a deadline of its own.
"""

from __future__ import annotations

import dataclasses
import logging
import operator
import time
from collections import Counter
from collections.abc import Mapping
from itertools import filterfalse
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from posttrade.errors import Unavailable
from posttrade.message_headers import UNREADABLE, HeaderFacts, HeaderReader, Headers
from posttrade.partition_progress import PartitionProgress
from posttrade.topic_identity import TopicUnreadableError

# the queue is refilled without a pause; what waits in it is bounded for each feed, and so is one
# answer of the broker, which is compressed and may be many times as long in memory
FETCH_CONFIG: dict[str, Any] = {
    "fetch.queue.backoff.ms": 5,
    "fetch.wait.max.ms": 50,
    "fetch.max.bytes": 8 * 1024 * 1024,
    "max.partition.fetch.bytes": 4 * 1024 * 1024,
    "queued.min.messages": 50_000,
    "queued.max.messages.kbytes": 8 * 1024,
}
CONSUME_MESSAGES_MAX = 10_000
CONSUME_TIMEOUT_S = 0.05
REST_PART = 10  # of a batch: so short a rest goes with the last one, as each batch has its price
NOT_THAT_TOPIC = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.UNKNOWN_TOPIC_ID,
    KafkaError.INCONSISTENT_TOPIC_ID,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)
log = logging.getLogger(__name__)
# the methods themselves: mapping them over messages costs half of calling them one by one
_error: Any = Message.error
_partition: Any = Message.partition
_offset: Any = Message.offset
_value: Any = Message.value
_key: Any = Message.key
_headers: Any = Message.headers
_timestamp: Any = Message.timestamp


@dataclasses.dataclass
class RawBatch:
    """Messages of one topic side by side, and the offset ranges that they cover.

    Offsets are as stored: Kafka's, and the base of topics made anew.
    """

    topic: str
    partitions: list[int] = dataclasses.field(default_factory=list)
    offsets: list[int] = dataclasses.field(default_factory=list)
    timestamps_ms: list[int] = dataclasses.field(default_factory=list)
    keys: list[bytes | None] = dataclasses.field(default_factory=list)
    headers: list[HeaderFacts | None] = dataclasses.field(default_factory=list)
    payloads: list[bytes | None] = dataclasses.field(default_factory=list)
    byte_count: int = 0
    ranges: dict[int, PartitionProgress] = dataclasses.field(default_factory=dict)

    def sort(self) -> None:
        """Put the messages of a partition together; there they are in order already."""
        if sorted(self.partitions) == self.partitions:
            return
        pick = operator.itemgetter(
            *sorted(range(len(self.partitions)), key=self.partitions.__getitem__)
        )
        for column in (
            self.partitions, self.offsets, self.timestamps_ms, self.keys, self.headers,
            self.payloads,
        ):  # fmt: skip
            column[:] = pick(column)


class FeedReader:
    """Reads one topic in batches; goes on from call to call where it stands.

    Args:
        consumer: assigned here; nothing else may use it.
        topic: the topic.
    """

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic
        self._partitions: dict[int, PartitionProgress] = {}
        # the offset that the consumer gives next, for every partition that it is assigned to
        self._positions: dict[int, int] = {}
        self._idle_s = 0.0
        self._header_reader = HeaderReader()

    def begin(self, partitions: Mapping[int, PartitionProgress], *, idle_s: float) -> None:
        """Read on from there; the consumer moves only if it stands elsewhere.

        Args:
            partitions: progress of each partition.
            idle_s: how long the broker may stay silent.
        """
        self._partitions = dict(partitions)
        self._idle_s = idle_s
        for progress in self._partitions.values():
            progress.is_done = progress.next_offset >= progress.end_offset
        positions = {number: own.next_offset for number, own in self._partitions.items()}
        if positions != self._positions:
            self._positions = positions
            self._consumer.assign(
                [
                    TopicPartition(self._topic, number, offset)
                    for number, offset in positions.items()
                ]
            )

    @property
    def is_done(self) -> bool:
        """Whether every partition was read to its end."""
        return all(progress.is_done for progress in self._partitions.values())

    def read_batch(self, *, messages_max: int, bytes_max: int) -> RawBatch | None:
        """Read on until a limit or the end.

        Returns:
            The batch; None when there was nothing left. It holds up to a tenth more than
            ``messages_max`` where nothing is left then. It may hold more than ``bytes_max`` by what
            one call of the client library returns, at most its queue.

        Raises:
            Unavailable: the broker is silent for too long.
            TopicUnreadableError: the topic vanished or was replaced meanwhile.
        """
        batch = RawBatch(self._topic)
        due = self._count_due()
        if due <= messages_max + messages_max // REST_PART:
            messages_max = max(messages_max, due)
        heard_at = time.monotonic()
        while (
            not self.is_done and len(batch.offsets) < messages_max and batch.byte_count < bytes_max
        ):
            messages = self._consume(messages_max - len(batch.offsets))
            if self._take(messages, batch) or self._look_at_positions():
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > self._idle_s:
                raise Unavailable(
                    f"the broker sent nothing of {self._topic} for {self._idle_s:g} s; still to "
                    f"read: {self._left()}"
                )
        batch.ranges = {
            partition: dataclasses.replace(progress)
            for partition, progress in self._partitions.items()
            if progress.next_offset > progress.first_offset
        }
        self._store_offsets_of(batch)
        batch.sort()
        for partition, progress in self._partitions.items():
            progress.begin_batch()
            if partition in self._positions:
                self._positions[partition] = progress.next_offset
        return batch if batch.ranges else None

    def _store_offsets_of(self, batch: RawBatch) -> None:
        """From Kafka's offsets to those that are stored."""
        bases = {number: own.offset_base for number, own in self._partitions.items()}
        if any(bases.values()):
            places = zip(batch.partitions, batch.offsets, strict=True)
            batch.offsets = [bases[partition] + offset for partition, offset in places]

    def _consume(self, count_max: int) -> list[Any]:
        """What is here, or else the first to come: the client waits for as many as it is asked."""
        wanted = min(CONSUME_MESSAGES_MAX, count_max)
        if self._count_due() >= wanted:
            return self._consumer.consume(wanted, CONSUME_TIMEOUT_S)
        return self._consumer.consume(wanted, 0) or self._consumer.consume(1, CONSUME_TIMEOUT_S)

    def _count_due(self) -> int:
        """How many messages are still to be read, at most."""
        undone = [progress for progress in self._partitions.values() if not progress.is_done]
        return sum(progress.end_offset - progress.next_offset for progress in undone)

    def _left(self) -> str:
        return ", ".join(
            f"[{partition}] {progress.next_offset} to {progress.end_offset}"
            for partition, progress in self._partitions.items()
            if not progress.is_done
        )

    def _take(self, messages: list[Any], batch: RawBatch) -> bool:
        """Add messages to the batch; whether anything was heard from the broker."""
        good = list(filterfalse(_error, messages))
        is_heard = bool(good)
        if len(good) != len(messages):
            events = [message for message in messages if message.error() is not None]
            is_heard = any(list(map(self._handle_event, events))) or is_heard
        if not good:
            return is_heard
        partitions: list[int] = list(map(_partition, good))
        offsets: list[int] = list(map(_offset, good))
        payloads: list[bytes | None] = list(map(_value, good))
        batch.partitions += partitions
        batch.offsets += offsets
        batch.payloads += payloads
        keys: list[bytes | None] = list(map(_key, good))
        headers = self._read_headers(good)
        batch.keys += keys
        batch.headers += headers
        batch.timestamps_ms += [-1 if kind == 0 else at for kind, at in map(_timestamp, good)]
        batch.byte_count += sum(map(len, good)) + sum(map(len, filter(None, keys)))
        batch.byte_count += sum([len(facts.text) for facts in headers if facts is not None])
        partitions.reverse()
        for partition, count in Counter(partitions).items():
            progress = self._partitions[partition]
            progress.message_count += count
            # a partition's messages come in order: the last one stands
            progress.advance(offsets[-1 - partitions.index(partition)] + 1)
        return True

    def _read_headers(self, messages: list[Any]) -> list[HeaderFacts | None]:
        """What each message's headers say.

        No message is asked twice: a second answer of the library, after it failed at a name that is
        not UTF-8, has holes that end the process.
        """
        headers: list[Headers | None] = []
        unreadable: list[int] = []
        answers = map(_headers, messages)
        while len(headers) < len(messages):
            try:
                headers.extend(answers)  # keeps what came before an error, and goes on behind it
            except (SystemError, UnicodeError):
                unreadable.append(len(headers))
                headers.append(None)
        facts = self._header_reader.read_all(headers)
        for position in unreadable:
            facts[position] = UNREADABLE
        return facts

    def _handle_event(self, event: Any) -> bool:
        error = event.error()
        if error is None:
            return False
        progress = self._partitions.get(event.partition())
        if error.code() == KafkaError._PARTITION_EOF and progress is not None:
            progress.advance(event.offset())
            return True
        if error.code() == KafkaError._AUTO_OFFSET_RESET and progress is not None:
            # retention or a new topic took the offset away while it was read: the next drain looks
            # at the watermarks and records what is lost
            log.error("%s[%s]: %s", self._topic, event.partition(), error.str())
            progress.is_done = True
            self._positions.pop(event.partition(), None)
            return True
        if error.code() in NOT_THAT_TOPIC:
            raise TopicUnreadableError(f"{self._topic} cannot be read: {error.str()}")
        if error.fatal():
            raise Unavailable(f"{self._topic} cannot be read: {error.str()}")
        log.warning("%s: %s", self._topic, error.str())
        return False

    def _look_at_positions(self) -> bool:
        """The consumer's position passes transaction markers that no message tells of."""
        waiting = [
            TopicPartition(self._topic, partition)
            for partition, progress in self._partitions.items()
            if not progress.is_done
        ]
        is_moved = False
        for place in self._consumer.position(waiting):
            progress = self._partitions[place.partition]
            if place.offset > progress.next_offset:
                progress.advance(place.offset)
                is_moved = True
        return is_moved
