"""Which topic it is that is drained under a name, and whether it may be drained on.

A topic that was deleted and made anew begins again at offset 0. Kafka gives each its own id, so
that one that has already outgrown its predecessor is recognised too. Brokers that tell no ids (the
embedded one) leave only this to see: a topic that ends before what was drained from it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from posttrade.statements import read_statement
from posttrade.watermarks import Place, TopicFacts, Watermarks


class TopicUnreadableError(Exception):
    """A topic vanished or was replaced while it was read: its feed waits, the others go on."""


@dataclasses.dataclass(frozen=True)
class StoredOffset:
    """Where the drain of a partition goes on.

    Attributes:
        next_offset: as stored: the place of the next message.
        offset_base: what stored offsets are ahead of Kafka's.
    """

    next_offset: int
    offset_base: int = 0

    @property
    def kafka_offset(self) -> int:
        """Kafka's offset of the next message."""
        return self.next_offset - self.offset_base


@dataclasses.dataclass(frozen=True)
class KnownTopic:
    """A topic as the database knows it.

    Attributes:
        topic_id: Kafka's id; None while the topic is not identified, or where none is told.
        is_identified: whether its id was asked for before.
        stop_reason: why its feed is stopped, if it is.
    """

    topic_id: str | None = None
    is_identified: bool = False
    generation: int = 1
    stopped_at: dt.datetime | None = None
    stop_reason: str | None = None

    def is_told(self, told: TopicFacts) -> bool:
        """Whether it is known to be the one that the broker tells of."""
        return self.is_identified and self.topic_id == told.topic_id


def read_known_topics(connection: psycopg.Connection[Any]) -> dict[str, KnownTopic]:
    """Every topic that was ever drained or missed, by name."""
    return {
        topic: KnownTopic(topic_id, identified_at is not None, generation, stopped_at, reason)
        for topic, topic_id, generation, identified_at, stopped_at, reason in connection.execute(
            read_statement("landing/read_topics")
        )
    }


def read_offsets(connection: psycopg.Connection[Any]) -> dict[Place, StoredOffset]:
    """Where the drain of each partition goes on."""
    rows = connection.execute(read_statement("landing/read_offsets"))
    return {(topic, partition): StoredOffset(*offsets) for topic, partition, *offsets in rows}


def find_fault(
    topic: str,
    known: KnownTopic,
    told: TopicFacts | None,
    offsets: Mapping[Place, StoredOffset],
) -> str | None:
    """Why the topic as the broker tells of it cannot be what was drained; None when it can."""
    if told is None:
        return describe_missing(topic)
    drained = [place for place in offsets if place[0] == topic]
    if drained and known.is_identified and told.topic_id != known.topic_id:
        return (
            f"topic {topic!r} was made anew: its id is {told.topic_id or 'not told'}, "
            f"and {known.topic_id or 'one without an id'} was drained; {_ADVICE.format(topic)}"
        )
    for place in sorted(drained):
        if place[1] not in told.partitions and offsets[place].kafka_offset > 0:
            return (
                f"{topic}[{place[1]}] is gone, and was drained up to offset "
                f"{offsets[place].kafka_offset}: the topic was made anew; {_ADVICE.format(topic)}"
            )
    return None


def describe_missing(topic: str) -> str:
    """What to do about a topic that is not there."""
    return f"topic {topic!r} is not on the broker: make it there, or run `./posttrade up`"


def find_cut(
    places: Iterable[Place],
    offsets: Mapping[Place, StoredOffset],
    watermarks: Mapping[Place, Watermarks],
) -> str | None:
    """Why partitions cannot be read on from where they were drained; None when they can."""
    for place in places:
        stored = offsets.get(place)
        end = watermarks[place].end_offset
        if stored is not None and stored.kafka_offset > end:
            return (
                f"{place[0]}[{place[1]}] ends at offset {end}, but {stored.kafka_offset} is drained"
                f" already: the topic was made anew or cut off; {_ADVICE.format(place[0])}"
            )
    return None


_ADVICE = (
    "nothing more is drained from it until it is restored, or a person decides: "
    "`./posttrade topics adopt {}` goes on with the one that is there"
)
