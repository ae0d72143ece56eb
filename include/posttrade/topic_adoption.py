"""A person's decision on a topic that was made anew: which there are, and to go on with one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import psycopg

from posttrade.database import connect
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.feeds import FEEDS
from posttrade.statements import read_statement
from posttrade.topic_identity import (
    KnownTopic,
    describe_missing,
    find_cut,
    find_fault,
    read_known_topics,
    read_offsets,
)
from posttrade.watermarks import BrokerView, TopicFacts

CLAIM_WAIT_S = 30
ADOPTION = "topics adopt"


@dataclasses.dataclass(frozen=True)
class PartitionLoss:
    """One partition of the topic that is gone; offsets are as stored.

    Attributes:
        drained_offset: what lies before is drained.
        end_offset: where it ended when it was last drained.
        lost_count: messages between the two.
    """

    partition: int
    drained_offset: int
    end_offset: int
    lost_count: int


@dataclasses.dataclass(frozen=True)
class Adoption:
    """What was done.

    Attributes:
        batch_id: the batch that records what was lost; None when nothing is known to be.
    """

    topic: str
    generation: int
    old_topic_id: str | None
    new_topic_id: str | None
    losses: tuple[PartitionLoss, ...]
    batch_id: int | None

    @property
    def lost_count(self) -> int:
        """Messages that the old topic is known to have held undrained."""
        return sum(loss.lost_count for loss in self.losses)


def list_topics(dsn: str) -> list[dict[str, Any]]:
    """Every feed's topic as the drain knows it, and since when and why one is stopped.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        known = read_known_topics(connection)
        offsets = read_offsets(connection)
    return [
        {
            "topic": topic,
            **dataclasses.asdict(known.get(topic, KnownTopic())),
            "drained_partitions": sum(place[0] == topic for place in offsets),
        }
        for topic in FEEDS
    ]


def adopt_topic(
    dsn: str, kafka_config: Mapping[str, Any], topic: str, *, adopted_by: str
) -> Adoption:
    """Go on with the topic that is there now under the name of one that is gone.

    What the old one is known to have held undrained is recorded as lost, in a batch of its own, and
    alerted. The new one is read from its beginning; its offsets are stored behind the old one's, so
    that no message takes the place of another.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        topic: the feed.
        adopted_by: who decides.

    Raises:
        ConfigurationError: there is no such feed, the topic is missing, or it is the one that is
            drained.
        Unavailable: the broker or the database does not answer, or a drain is at work.
    """
    if topic not in FEEDS:
        raise ConfigurationError(f"{topic!r} is no feed; feeds are {', '.join(FEEDS)}")
    if not adopted_by.strip():
        raise ConfigurationError("say who decides")
    broker = BrokerView(kafka_config)
    told = broker.read_topics((topic,)).get(topic)
    if told is None:
        raise ConfigurationError(describe_missing(topic))
    with connect(dsn, application_name="posttrade topics") as connection:
        _claim_drain(connection)
        known = read_known_topics(connection).get(topic) or KnownTopic()
        _require_fault(connection, broker, topic, known, told)
        losses = _record_adoption(connection, topic, known, told, adopted_by)
        batch_id = _record_losses(connection, topic, losses, adopted_by)
    generation = known.generation + 1
    return Adoption(topic, generation, known.topic_id, told.topic_id, losses, batch_id)


def _claim_drain(connection: psycopg.Connection[Any]) -> None:
    """Taken for the transaction and held until the connection closes: no drain works meanwhile."""
    try:
        wait_ms = CLAIM_WAIT_S * 1000
        connection.execute(read_statement("landing/claim_drain"), {"wait_ms": wait_ms})
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(f"a drain has been at work for {CLAIM_WAIT_S} s; try again") from error


def _require_fault(
    connection: psycopg.Connection[Any],
    broker: BrokerView,
    topic: str,
    known: KnownTopic,
    told: TopicFacts,
) -> None:
    offsets = read_offsets(connection)
    places = [(topic, partition) for partition in told.partitions]
    watermarks = broker.read_watermarks(places)
    if find_fault(topic, known, told, offsets) or find_cut(places, offsets, watermarks):
        return
    raise ConfigurationError(
        f"topic {topic!r} (id {told.topic_id or 'not told'}) is the one that is drained: there is "
        "nothing to adopt"
    )


def _record_adoption(
    connection: psycopg.Connection[Any],
    topic: str,
    known: KnownTopic,
    told: TopicFacts,
    adopted_by: str,
) -> tuple[PartitionLoss, ...]:
    parameters = {
        "topic": topic,
        "topic_id": told.topic_id,
        "old_topic_id": known.topic_id,
        "adopted_by": adopted_by,
    }
    rows = connection.execute(read_statement("landing/adopt_topic"), parameters).fetchall()
    return tuple(sorted((PartitionLoss(*row) for row in rows), key=lambda loss: loss.partition))


def _record_losses(
    connection: psycopg.Connection[Any],
    topic: str,
    losses: tuple[PartitionLoss, ...],
    adopted_by: str,
) -> int | None:
    lost = [loss for loss in losses if loss.lost_count]
    if not lost:
        return None
    row = connection.execute(read_statement("landing/reserve_batch_id")).fetchone()
    batch_id = int(row[0]) if row is not None else 0
    parameters = {
        "batch_id": batch_id,
        "feed": topic,
        "topic": topic,
        "message_count": 0,
        "staged_count": 0,
        "reject_count": 0,
        "first_message_at": None,
        "last_message_at": None,
        "run_id": f"{ADOPTION} by {adopted_by}",
        "partitions": [loss.partition for loss in lost],
        "first_offsets": [loss.drained_offset for loss in lost],
        "next_offsets": [loss.end_offset for loss in lost],
        "message_counts": [0 for _ in lost],
        "lost_counts": [loss.lost_count for loss in lost],
    }
    connection.execute(read_statement("landing/insert_batch"), parameters)
    return batch_id
