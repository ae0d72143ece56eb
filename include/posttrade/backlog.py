"""How far the feeds are drained: what the broker holds against what the database has stored."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg

from posttrade.database import connect
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.feeds import FEEDS
from posttrade.statements import read_statement
from posttrade.topic_identity import describe_missing, read_known_topics, read_offsets
from posttrade.watermarks import ANSWER_DEADLINE_S, BrokerView, Place, Watermarks

POLL_S = 0.5


@dataclasses.dataclass(frozen=True)
class Backlog:
    """Messages on the broker, counted by offsets, and those of them that were drained.

    Attributes:
        partitions: (topic, partition, next offset to drain, end offset) of each partition.
        produced: offsets that the broker holds.
        drained: those of them that were drained.
    """

    partitions: tuple[tuple[str, int, int, int], ...]
    produced: int
    drained: int

    @property
    def waiting(self) -> int:
        """Messages still to drain."""
        return self.produced - self.drained

    def waiting_by_topic(self) -> dict[str, int]:
        """Messages still to drain, by topic."""
        counts: dict[str, int] = {}
        for topic, _, next_offset, end_offset in self.partitions:
            counts[topic] = counts.get(topic, 0) + end_offset - next_offset
        return counts


def read_drained(connection: psycopg.Connection[Any]) -> dict[Place, int]:
    """Next offset to drain of each partition, as Kafka counts."""
    return {place: stored.kafka_offset for place, stored in read_offsets(connection).items()}


def read_watermarks(
    kafka_config: Mapping[str, Any],
    timeout_s: float = ANSWER_DEADLINE_S,
    topics: Iterable[str] = tuple(FEEDS),
    *,
    may_miss: bool = False,
    broker: BrokerView | None = None,
) -> dict[Place, Watermarks]:
    """First and end offset of every partition of the feeds, as the broker tells them now.

    Args:
        kafka_config: client settings of the broker.
        timeout_s: how long the broker may take.
        topics: the topics.
        may_miss: leave out topics that are not there, unless none is.
        broker: the caller's view of the broker, if it keeps one; else one is made for this look.

    Raises:
        Unavailable: the broker does not answer in time.
        ConfigurationError: a topic is not there.
    """
    broker = broker or BrokerView(kafka_config)
    asked = list(topics)
    told = broker.read_topics(asked, timeout_s)
    missing = [topic for topic in asked if topic not in told]
    if missing and not (may_miss and told):
        raise ConfigurationError(describe_missing(missing[0]))
    places = [(topic, number) for topic, facts in told.items() for number in facts.partitions]
    return broker.read_watermarks(places, timeout_s)


def is_capture_idle(dsn: str, watermarks: Mapping[Place, Watermarks]) -> bool:
    """Whether everything below the watermarks is drained and no batch is on its way.

    A batch or a topic that is stopped does not count: a person decides on it.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        row = connection.execute(read_statement("landing/count_unfinished")).fetchone()
        return (row is None or row[0] == 0) and is_drained(connection, watermarks)


class CaptureTarget:
    """What was in Kafka at an instant: all of it drained, and all of its batches finished.

    Batches drained after that are not waited for: on a busy feed there always are some.
    """

    def __init__(self, dsn: str, watermarks: Mapping[Place, Watermarks]) -> None:
        self.dsn = dsn
        self.watermarks = watermarks
        self._newest_batch_id: int | None = None

    def is_reached(self) -> bool:
        """Look again.

        Raises:
            Unavailable: the database does not answer.
        """
        with connect(self.dsn) as connection:
            if self._newest_batch_id is None:
                if not is_drained(connection, self.watermarks):
                    return False
                row = connection.execute(read_statement("landing/read_newest_batch")).fetchone()
                self._newest_batch_id = (row[0] if row else None) or 0
            row = connection.execute(
                read_statement("landing/count_unfinished_up_to"),
                {"newest_batch_id": self._newest_batch_id},
            ).fetchone()
            return row is None or row[0] == 0


def is_drained(connection: psycopg.Connection[Any], watermarks: Mapping[Place, Watermarks]) -> bool:
    """Whether everything below the watermarks is in the database; stopped topics left out."""
    drained = read_drained(connection)
    known = read_known_topics(connection)
    stopped = {topic for topic, facts in known.items() if facts.stop_reason is not None}
    return all(
        drained.get(place, marks.first_offset) >= marks.end_offset
        for place, marks in watermarks.items()
        if place[0] not in stopped
    )


def measure_backlog(dsn: str, kafka_config: Mapping[str, Any]) -> Backlog:
    """Compare the broker with the database.

    Raises:
        Unavailable: the broker or the database does not answer.
    """
    with connect(dsn) as connection:
        return read_backlog(connection, kafka_config, FEEDS)


def read_backlog(
    connection: psycopg.Connection[Any], kafka_config: Mapping[str, Any], topics: Iterable[str]
) -> Backlog:
    """Compare the broker with the database.

    Raises:
        Unavailable: the broker does not answer.
    """
    drained = read_drained(connection)
    watermarks = read_watermarks(kafka_config, topics=topics)
    partitions = []
    produced = stored = 0
    for (topic, partition), marks in watermarks.items():
        first, end = marks.first_offset, marks.end_offset
        next_offset = min(max(drained.get((topic, partition), first), first), end)
        partitions.append((topic, partition, next_offset, end))
        produced += end - first
        stored += next_offset - first
    return Backlog(tuple(partitions), produced, stored)


def await_drained(
    read: Callable[[], Backlog], on_progress: Callable[[Backlog], None], stall_timeout_s: float
) -> Backlog:
    """Wait until nothing waits any more.

    Args:
        read: looks at the backlog.
        on_progress: called after each look.
        stall_timeout_s: seconds without any progress after which waiting is given up.

    Raises:
        Unavailable: the drain stands still.
    """
    best, moved_at = -1, time.monotonic()
    while True:
        backlog = read()
        on_progress(backlog)
        if backlog.waiting <= 0:
            return backlog
        if backlog.drained > best:
            best, moved_at = backlog.drained, time.monotonic()
        if time.monotonic() - moved_at > stall_timeout_s:
            raise Unavailable(
                f"{backlog.waiting} of {backlog.produced} messages wait, and none was drained for "
                f"{stall_timeout_s:g} s: see the Dag trade_capture in Airflow"
            )
        time.sleep(POLL_S)
