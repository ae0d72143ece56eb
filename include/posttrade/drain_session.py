"""What a drain keeps open between its calls."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from posttrade.contracts.rows import Source
from posttrade.database import IDLE_TIMEOUT_S, connect
from posttrade.errors import ConfigurationError
from posttrade.feed_drain import Day, FeedDrain
from posttrade.feeds import FEEDS
from posttrade.heap import use_one_heap
from posttrade.statements import read_statement
from posttrade.topic_identity import (
    KnownTopic,
    StoredOffset,
    TopicUnreadableError,
    describe_missing,
    find_cut,
    find_fault,
    read_known_topics,
    read_offsets,
)
from posttrade.watermarks import BrokerView, Place, TopicFacts, Watermarks

# how long a new partition, or a topic made anew of which nothing is read, may stay unseen
TOPICS_KEPT_S = 2.0
KEEP_ALIVE_S = IDLE_TIMEOUT_S / 10
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DrainState:
    """What the database knows when a call begins."""

    day: Day
    unfinished: list[int]
    offsets: dict[Place, StoredOffset]
    known_topics: dict[str, KnownTopic]

    def known(self, topic: str) -> KnownTopic:
        """What is known of a topic."""
        return self.known_topics.get(topic) or KnownTopic()


class DrainSession:
    """Connections, consumers and what was learned of the topics.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
    """

    def __init__(self, dsn: str, kafka_config: Mapping[str, Any]) -> None:
        use_one_heap()
        with contextlib.ExitStack() as stack:
            self.reading, self.storing = (
                stack.enter_context(connect(dsn, application_name=f"posttrade drain{name}"))
                for name in ("", " store")
            )
            # each statement its own transaction here; store_batch opens one for each batch
            self.reading.autocommit = self.storing.autocommit = True
            end_hung_drains(self.reading)
            self.broker = BrokerView(kafka_config)
            self.resources = stack.pop_all()
        self.feeds = {feed.name: FeedDrain(feed, kafka_config) for feed in FEEDS.values()}
        for drain in self.feeds.values():
            self.resources.callback(drain.close)
        self.worker = self.resources.enter_context(
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        )
        self.offsets: dict[Place, int] = {}
        self.stopped: dict[str, str] = {}
        self._stored_at = time.monotonic()
        self._topics: dict[str, TopicFacts] = {}
        self._topics_read_at = float("-inf")
        self._partition_made_for: dt.date | None = None

    def keep_alive(self) -> None:
        """Use the connection that stores, lest the server ends it as idle while nothing comes."""
        if time.monotonic() - self._stored_at > KEEP_ALIVE_S:
            self.storing.execute(b"select 1")
            self._stored_at = time.monotonic()

    def read_state(self) -> DrainState:
        """What the database knows now; the day's partition is there afterwards.

        Raises:
            ConfigurationError: the reference data is missing.
        """
        row = self.reading.execute(read_statement("landing/read_state")).fetchone()
        received_on, unfinished = row if row is not None else (None, [])
        sources = {
            source[0]: Source(*source)
            for source in self.reading.execute(read_statement("landing/read_sources"))
        }
        if not sources:
            raise ConfigurationError(
                "reference.sources is empty: load the reference data first (Dag reference_data)"
            )
        if received_on != self._partition_made_for:
            statement = read_statement("landing/ensure_message_partition")
            self.reading.execute(statement, {"received_on": received_on})
            self._partition_made_for = received_on
        offsets, known = read_offsets(self.reading), read_known_topics(self.reading)
        return DrainState(Day(received_on, sources), list(unfinished), offsets, known)

    def read_topics(self) -> dict[str, TopicFacts]:
        """The feeds' topics, as they were at most a little ago.

        Raises:
            Unavailable: the broker does not answer.
            ConfigurationError: it knows none of them.
        """
        if time.monotonic() - self._topics_read_at > TOPICS_KEPT_S:
            self._topics = self.broker.read_topics(FEEDS)
            self._topics_read_at = time.monotonic()
            if not self._topics:
                raise ConfigurationError(describe_missing(next(iter(FEEDS))))
        return self._topics

    def read_watermarks(self) -> dict[Place, Watermarks]:
        """Of every topic that is not stopped."""
        topics = self.read_topics()
        return self.broker.read_watermarks(
            (topic, partition)
            for topic, facts in topics.items()
            if topic not in self.stopped
            for partition in facts.partitions
        )

    def check_topics(self, state: DrainState) -> dict[Place, Watermarks]:
        """Stop feeds whose topic is not the one that was drained; where the others end."""
        topics = self.read_topics()
        for topic in FEEDS:
            known, told = state.known(topic), topics.get(topic)
            fault = find_fault(topic, known, told, state.offsets)
            self.stop_topic(topic, fault, known)
            if fault is None and told is not None and not known.is_told(told):
                parameters = {"topic": topic, "topic_id": told.topic_id}
                self.reading.execute(read_statement("landing/note_topic"), parameters)
        watermarks = self.read_watermarks()
        for topic in FEEDS:
            places = [place for place in watermarks if place[0] == topic]
            if fault := find_cut(places, state.offsets, watermarks):
                self.stop_topic(topic, fault, state.known(topic))
        return watermarks

    def confirm_topic(self, topic: str) -> None:
        """See that what was read until now came from the topic that is drained.

        Ids are never used twice: if it is still this one, it was all the time.

        Raises:
            TopicUnreadableError: it is not.
        """
        told = self.broker.read_topics((topic,)).get(topic)
        if told is None or told.topic_id != self._topics[topic].topic_id:
            raise TopicUnreadableError(f"{topic} vanished or was made anew while it was read")

    def leave_topic(self, topic: str, reason: str) -> None:
        """Read nothing more of a topic in this call; the next one looks at it anew."""
        log.warning("%s", reason)
        self.feeds[topic].close()
        self._topics_read_at = float("-inf")

    def stop_topic(self, topic: str, reason: str | None, known: KnownTopic) -> None:
        """Stop a feed for a reason, or let it go on for None."""
        if reason is None:
            self.stopped.pop(topic, None)
        else:
            self.stopped[topic] = reason
            self.feeds[topic].close()
        if reason != known.stop_reason:
            if reason is not None:
                log.error("feed %s is stopped: %s", topic, reason)
            parameters = {"topic": topic, "reason": reason}
            self.reading.execute(read_statement("landing/stop_topic"), parameters)

    def reserve_batch_id(self) -> int:
        """The id of a batch that is about to be stored."""
        row = self.reading.execute(read_statement("landing/reserve_batch_id")).fetchone()
        return int(row[0]) if row is not None else 0


def end_hung_drains(connection: psycopg.Connection[Any], *, hung_s: float = IDLE_TIMEOUT_S) -> None:
    """Free what drains hold that hang: an idle session ends by itself, one amid a COPY does not."""
    row = connection.execute(
        read_statement("landing/end_hung_drains"), {"hung_s": hung_s}
    ).fetchone()
    if row is not None and row[0]:
        log.error("%d sessions of drains that hung for %.0f s were ended", row[0], hung_s)
