"""Drains Kafka into the trade database, exactly once.

Each batch is one transaction: raw messages, typed rows, rejects, and a compare-and-set of the
offsets that the batch began at. Killed anywhere, nothing of the batch is there and the next drain
reads it again; the broker's own group offsets are never used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import gc
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
from confluent_kafka import Consumer

from posttrade.batch_store import ReadyBatch, encode_messages, store_batch
from posttrade.contracts.message import stated_version
from posttrade.contracts.rows import Arrivals, Source
from posttrade.contracts.schema import read_contract
from posttrade.contracts.staging import StagingWriter
from posttrade.contracts.values import DAYS_AHEAD_MAX
from posttrade.database import connect
from posttrade.errors import ConfigurationError, DataRejected, Unavailable
from posttrade.feed_reader import (
    FETCH_CONFIG,
    FeedReader,
    PartitionProgress,
    RawBatch,
    begin_partition,
)
from posttrade.feeds import FEEDS, Feed
from posttrade.message_clock import MessageClock, instant_of
from posttrade.message_headers import UNREADABLE
from posttrade.statements import read_statement
from posttrade.watermarks import Watermarks, list_partitions, open_consumer, read_places

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DrainLimits:
    """Bounds of one drain.

    Attributes:
        messages_max: messages in a batch.
        bytes_max: bytes of payloads, keys and headers in a batch; what bounds memory.
        batches_per_feed_max: batches of each feed in one call; what is left waits for the next.
        idle_s: how long the broker may stay silent while messages are due, and another drain work.
    """

    messages_max: int = 50_000
    bytes_max: int = 32 * 1024 * 1024
    batches_per_feed_max: int = 4
    idle_s: float = 20.0


@dataclasses.dataclass(frozen=True)
class _State:
    """What the database knows when a drain begins."""

    received_on: dt.date
    unfinished: list[int]
    sources: dict[str, Source]
    offsets: dict[tuple[str, int], int]


def drain_feeds(
    dsn: str,
    kafka_config: Mapping[str, Any],
    *,
    run_id: str,
    limits: DrainLimits | None = None,
) -> list[int]:
    """Drain every feed up to its end or the limits.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        run_id: who drains, for the record.
        limits: bounds of this call.

    Returns:
        Ids of batches that are still to be worked on, oldest first: those left unfinished by
        earlier runs, and those drained now.

    Raises:
        Unavailable: the broker or the database does not answer, or another drain is at work.
            Batches stored before that stay stored.
        InvariantBroken: a topic ends before what was drained from it.
        ConfigurationError: a topic or the reference data is missing.
    """
    limits = limits or DrainLimits()
    with (
        connect(dsn, application_name="posttrade drain") as reading,
        connect(dsn, application_name="posttrade drain store") as storing,
        open_consumer(kafka_config, **FETCH_CONFIG) as consumer,
        _collector_off(),
    ):
        # each statement its own transaction here; store_batch opens one for each batch
        reading.autocommit = storing.autocommit = True
        _claim_drain(reading, limits)
        state = _read_state(reading)
        watermarks = read_places(consumer, list_partitions(consumer, FEEDS))
        drained: list[int] = []
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as worker:
            for feed in FEEDS.values():
                progress = _begin_feed(feed, state, watermarks)
                drain = _FeedDrain(reading, storing, consumer, worker, feed, state, run_id)
                drained += drain.run(progress, limits)
    return state.unfinished + drained


@contextlib.contextmanager
def _collector_off() -> Iterator[None]:
    """Nothing here makes cycles, and looking for some costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _claim_drain(connection: psycopg.Connection[Any], limits: DrainLimits) -> None:
    try:
        connection.execute(
            read_statement("landing/claim_drain"), {"wait_ms": int(limits.idle_s * 1000)}
        )
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(
            f"another drain has been at work for {limits.idle_s:.0f} s; try again"
        ) from error


def _read_state(connection: psycopg.Connection[Any]) -> _State:
    row = connection.execute(read_statement("landing/read_state")).fetchone()
    received_on, unfinished = row if row is not None else (None, [])
    sources = {
        source[0]: Source(*source)
        for source in connection.execute(read_statement("landing/read_sources"))
    }
    if not sources:
        raise ConfigurationError(
            "reference.sources is empty: load the reference data first (Dag reference_data)"
        )
    offsets = {
        (topic, partition): next_offset
        for topic, partition, next_offset in connection.execute(
            read_statement("landing/read_offsets")
        )
    }
    parameters = {"received_on": received_on}
    connection.execute(read_statement("landing/ensure_message_partition"), parameters)
    return _State(received_on, list(unfinished), sources, offsets)


def _begin_feed(
    feed: Feed, state: _State, watermarks: Mapping[tuple[str, int], Watermarks]
) -> dict[int, PartitionProgress]:
    return {
        partition: begin_partition(topic, partition, state.offsets.get((topic, partition)), marks)
        for (topic, partition), marks in watermarks.items()
        if topic == feed.name
    }


class _FeedDrain:
    """Reads a feed's batches here while the one before is stored in the worker's thread."""

    def __init__(
        self,
        reading: psycopg.Connection[Any],
        storing: psycopg.Connection[Any],
        consumer: Consumer,
        worker: ThreadPoolExecutor,
        feed: Feed,
        state: _State,
        run_id: str,
    ) -> None:
        self._reading = reading
        self._storing = storing
        self._consumer = consumer
        self._worker = worker
        self._feed = feed
        self._received_on = state.received_on
        self._run_id = run_id
        latest = state.received_on + dt.timedelta(days=DAYS_AHEAD_MAX)
        self._writer = StagingWriter(read_contract(feed), state.sources, latest)
        self._clock = MessageClock(state.received_on, latest)

    def run(self, progress: Mapping[int, PartitionProgress], limits: DrainLimits) -> list[int]:
        """Drain the feed.

        Returns:
            Ids of its batches that hold messages.
        """
        if all(
            own.next_offset >= own.end_offset and not own.lost_count for own in progress.values()
        ):
            return []
        reader = FeedReader(self._consumer, self._feed.name, progress, idle_s=limits.idle_s)
        drained: list[int] = []
        pending: Future[None] | None = None
        for _ in range(limits.batches_per_feed_max):
            raw = reader.read_batch(messages_max=limits.messages_max, bytes_max=limits.bytes_max)
            if raw is None:
                break
            ready = self._prepare(raw)
            if pending is not None:
                pending.result()
            pending = self._worker.submit(store_batch, self._storing, ready, run_id=self._run_id)
            if ready.message_count:
                drained.append(ready.batch_id)
        if pending is not None:
            pending.result()
        return drained

    def _prepare(self, raw: RawBatch) -> ReadyBatch:
        row = self._reading.execute(read_statement("landing/reserve_batch_id")).fetchone()
        batch_id = int(row[0]) if row is not None else 0
        arrived_ms = self._clock.settle(raw.timestamps_ms)
        arrivals = Arrivals(
            partitions=raw.partitions,
            offsets=raw.offsets,
            arrived_at=self._clock.texts(arrived_ms),
            versions=_versions(raw),
            payloads=raw.payloads,
            refusals=_refusals(raw),
        )
        staged = self._writer.stage(arrivals, batch_id)
        count = len(raw.offsets)
        return ReadyBatch(
            batch_id=batch_id,
            feed=self._feed,
            ranges=raw.ranges,
            first_message_at=instant_of(min(arrived_ms)) if count else None,
            last_message_at=instant_of(max(arrived_ms)) if count else None,
            message_count=count,
            message_blocks=encode_messages(raw, batch_id, arrived_ms, self._received_on),
            staging_columns=self._writer.columns,
            staging_blocks=staged.blocks,
            staged_count=staged.row_count,
            rejects=staged.rejects,
            restage=functools.partial(self._writer.stage_singly, arrivals, batch_id),
        )


def _refusals(raw: RawBatch) -> dict[int, DataRejected]:
    """Messages whose headers say nothing that can be relied on, by their position."""
    if UNREADABLE not in raw.headers:
        return {}
    error = DataRejected("headers_unreadable", "a header's name is not UTF-8, expected UTF-8")
    refusals = {row: error for row, facts in enumerate(raw.headers) if facts is UNREADABLE}
    log.warning("%s: headers of %d messages cannot be read", raw.topic, len(refusals))
    return refusals


def _versions(raw: RawBatch) -> list[int | None]:
    by_header = {
        facts: stated_version(facts.contract_version, None)
        for facts in set(raw.headers)
        if facts is not None and facts.contract_version is not None
    }
    return [
        by_header[facts] if facts in by_header else stated_version(None, payload)
        for facts, payload in zip(raw.headers, raw.payloads, strict=True)
    ]
