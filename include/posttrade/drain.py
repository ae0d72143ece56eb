"""Drains Kafka into the trade database, exactly once.

Each batch is one transaction: raw messages, typed rows, rejects, and a compare-and-set of the
offsets that the batch began at. Killed anywhere, nothing of the batch is there and the next drain
reads it again; the broker's own group offsets are never used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import gc
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg

from posttrade.batch_store import ReadyBatch, store_batch
from posttrade.contracts.rows import Source
from posttrade.database import connect
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.feed_drain import Day, FeedDrain
from posttrade.feed_reader import PartitionProgress, begin_partition
from posttrade.feeds import FEEDS, Feed
from posttrade.statements import read_statement
from posttrade.watermarks import BrokerView, Place, Watermarks

if TYPE_CHECKING:
    from typing_extensions import Self

# how long a new partition may stay unseen
PLACES_KEPT_S = 2.0
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
    """What the database knows when a call begins."""

    day: Day
    unfinished: list[int]
    offsets: dict[Place, int]


def drain_feeds(
    dsn: str,
    kafka_config: Mapping[str, Any],
    *,
    run_id: str,
    limits: DrainLimits | None = None,
) -> list[int]:
    """Drain every feed up to its end or the limits, once; see ``Drain``."""
    with Drain(dsn, kafka_config, limits=limits) as drain:
        return drain.drain_once(run_id=run_id)


class Drain:
    """Drains every feed, as often as it is asked to; cheap when there is little to do.

    Connections, assignments and writers stay open between the calls. After an error everything is
    closed, and the next call opens it anew: a call may simply be repeated. Not for several threads.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        limits: bounds of each call.
    """

    def __init__(
        self, dsn: str, kafka_config: Mapping[str, Any], *, limits: DrainLimits | None = None
    ) -> None:
        self._dsn = dsn
        self._kafka_config = dict(kafka_config)
        self._limits = limits or DrainLimits()
        self._work: _Work | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def drain_once(self, *, run_id: str) -> list[int]:
        """Drain every feed up to its present end or the limits.

        Args:
            run_id: who drains, for the record.

        Returns:
            Ids of batches that are still to be worked on, oldest first: those left unfinished by
            earlier calls, and those drained now.

        Raises:
            Unavailable: the broker or the database does not answer, or another drain is at work.
                Batches stored before that stay stored.
            InvariantBroken: a topic ends before what was drained from it.
            ConfigurationError: a topic or the reference data is missing.
        """
        with self._closed_by_errors() as work, _collector_off():
            _claim_drain(work.reading, self._limits)
            state = work.read_state()
            watermarks = work.read_watermarks()
            pipeline = _Pipeline(work, run_id)
            for drain in work.feeds.values():
                _drain_feed(drain, state, watermarks, pipeline, self._limits)
            pipeline.finish()
            work.offsets = {**state.offsets, **pipeline.moved_offsets}
            # held per call, so that a second drain gets its turn
            work.reading.execute(read_statement("landing/release_drain"))
        return state.unfinished + pipeline.batch_ids

    def has_work(self) -> bool:
        """Whether messages wait beyond what the last call left; asks the broker only.

        Raises:
            Unavailable: the broker does not answer.
        """
        with self._closed_by_errors() as work:
            return any(
                marks.end_offset > max(work.offsets.get(place, 0), marks.first_offset)
                for place, marks in work.read_watermarks().items()
            )

    @contextlib.contextmanager
    def _closed_by_errors(self) -> Iterator[_Work]:
        try:
            if self._work is None:
                self._work = _Work(self._dsn, self._kafka_config)
            yield self._work
        except BaseException as error:
            with contextlib.suppress(Unavailable):  # of what broke already; the error is told
                self._close()
            if isinstance(error, psycopg.OperationalError):
                raise Unavailable(f"the trade database broke off: {error}") from error
            raise

    def _close(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work.resources.close()


class _Work:
    """What is open between the calls."""

    def __init__(self, dsn: str, kafka_config: Mapping[str, Any]) -> None:
        with contextlib.ExitStack() as stack:
            self.reading, self.storing = (
                stack.enter_context(connect(dsn, application_name=f"posttrade drain{name}"))
                for name in ("", " store")
            )
            # each statement its own transaction here; store_batch opens one for each batch
            self.reading.autocommit = self.storing.autocommit = True
            self.broker = BrokerView(kafka_config)
            self.resources = stack.pop_all()
        self.feeds = {
            feed.name: FeedDrain(feed, kafka_config, self.resources) for feed in FEEDS.values()
        }
        self.worker = self.resources.enter_context(
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        )
        self.offsets: dict[Place, int] = {}
        self._places: list[Place] = []
        self._places_read_at = float("-inf")
        self._partition_made_for: dt.date | None = None

    def read_state(self) -> _State:
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
        offsets = {
            (topic, partition): next_offset
            for topic, partition, next_offset in self.reading.execute(
                read_statement("landing/read_offsets")
            )
        }
        if received_on != self._partition_made_for:
            statement = read_statement("landing/ensure_message_partition")
            self.reading.execute(statement, {"received_on": received_on})
            self._partition_made_for = received_on
        return _State(Day(received_on, sources), list(unfinished), offsets)

    def read_watermarks(self) -> dict[Place, Watermarks]:
        if time.monotonic() - self._places_read_at > PLACES_KEPT_S:
            self._places = self.broker.list_partitions(FEEDS)
            self._places_read_at = time.monotonic()
        return self.broker.read_watermarks(self._places)

    def reserve_batch_id(self) -> int:
        row = self.reading.execute(read_statement("landing/reserve_batch_id")).fetchone()
        return int(row[0]) if row is not None else 0


class _Pipeline:
    """Stores a batch in the worker's thread while the next one is read here."""

    def __init__(self, work: _Work, run_id: str) -> None:
        self.batch_ids: list[int] = []
        self.moved_offsets: dict[Place, int] = {}
        self.reserve_batch_id = work.reserve_batch_id
        self._work = work
        self._run_id = run_id
        self._pending: Future[None] | None = None

    def store(self, ready: ReadyBatch) -> None:
        self.finish()
        self._pending = self._work.worker.submit(
            store_batch, self._work.storing, ready, run_id=self._run_id
        )
        if ready.message_count:
            self.batch_ids.append(ready.batch_id)
        for partition, progress in ready.ranges.items():
            self.moved_offsets[ready.feed.name, partition] = progress.next_offset

    def finish(self) -> None:
        """Wait for the batch that is being stored."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()


def _drain_feed(
    drain: FeedDrain,
    state: _State,
    watermarks: Mapping[Place, Watermarks],
    pipeline: _Pipeline,
    limits: DrainLimits,
) -> None:
    progress = _begin_feed(drain.feed, state, watermarks)
    reader = drain.begin(progress, state.day, idle_s=limits.idle_s)
    if reader is None:
        return
    for _ in range(limits.batches_per_feed_max):
        raw = reader.read_batch(messages_max=limits.messages_max, bytes_max=limits.bytes_max)
        if raw is None:
            break
        pipeline.store(drain.prepare(raw, pipeline.reserve_batch_id))


def _begin_feed(
    feed: Feed, state: _State, watermarks: Mapping[Place, Watermarks]
) -> dict[int, PartitionProgress]:
    return {
        partition: begin_partition(topic, partition, state.offsets.get((topic, partition)), marks)
        for (topic, partition), marks in watermarks.items()
        if topic == feed.name
    }


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
