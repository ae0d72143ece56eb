"""Drains Kafka into the trade database, exactly once.

Each batch is one transaction: raw messages, typed rows, rejects, and a compare-and-set of the
offsets that the batch began at. Killed anywhere, nothing of the batch is there and the next drain
reads it again; the broker's own group offsets are never used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg

from posttrade.batch_store import ReadyBatch, store_batch
from posttrade.database import OUTAGES
from posttrade.drain_session import DrainSession, DrainState
from posttrade.errors import Unavailable
from posttrade.feed_drain import FeedDrain
from posttrade.partition_progress import begin_partition
from posttrade.statements import read_statement
from posttrade.topic_identity import TopicUnreadableError
from posttrade.watermarks import Place, Watermarks

if TYPE_CHECKING:
    from typing_extensions import Self

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DrainLimits:
    """Bounds of one drain.

    Attributes:
        messages_max: messages in a batch; a short rest, up to a tenth of it, goes with the last.
        bytes_max: bytes of payloads, keys and headers in a batch; what bounds memory.
        batches_per_feed_max: batches of each feed in one call; what is left waits for the next.
        idle_s: how long the broker may stay silent while messages are due, and another drain
            work.
    """

    messages_max: int = 50_000
    bytes_max: int = 32 * 1024 * 1024
    batches_per_feed_max: int = 4
    idle_s: float = 20.0


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
        self._session: DrainSession | None = None

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
            earlier calls, and those drained now. A feed whose topic is missing or was made anew
            is stopped and left out; ``stopped`` says why, and people are alerted.

        Raises:
            Unavailable: the broker or the database does not answer, or another drain is at work.
                Batches stored before that stay stored.
            ConfigurationError: every topic, or the reference data, is missing.
        """
        with self._closed_by_errors() as session, _collector_off():
            _claim_drain(session.reading, self._limits)
            session.keep_alive()
            state = session.read_state()
            watermarks = session.check_topics(state)
            pipeline = _Pipeline(session, run_id)
            for topic, drain in session.feeds.items():
                if topic not in session.stopped:
                    try:
                        _drain_feed(drain, state, watermarks, pipeline, self._limits)
                    except TopicUnreadableError as error:
                        session.leave_topic(topic, str(error))
            pipeline.finish()
            drained = {place: stored.kafka_offset for place, stored in state.offsets.items()}
            session.offsets = {**drained, **pipeline.moved_offsets}
            # held per call, so that a second drain gets its turn
            session.reading.execute(read_statement("landing/release_drain"))
        return state.unfinished + pipeline.batch_ids

    @property
    def stopped(self) -> dict[str, str]:
        """Why feeds are stopped, by topic, as the last call found."""
        return {} if self._session is None else dict(self._session.stopped)

    def has_work(self) -> bool:
        """Whether messages wait beyond what the last call left; asks the broker only.

        Raises:
            Unavailable: the broker does not answer.
        """
        with self._closed_by_errors() as session:
            return any(
                marks.end_offset > max(session.offsets.get(place, 0), marks.first_offset)
                for place, marks in session.read_watermarks().items()
            )

    @contextlib.contextmanager
    def _closed_by_errors(self) -> Iterator[DrainSession]:
        try:
            if self._session is None:
                self._session = DrainSession(self._dsn, self._kafka_config)
            yield self._session
        except BaseException as error:
            with contextlib.suppress(Unavailable):  # of what broke already; the error is told
                self._close()
            if isinstance(error, OUTAGES):
                raise Unavailable(f"the trade database broke off: {error}") from error
            raise

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.resources.close()


class _Pipeline:
    """Stores a batch in the worker's thread while the next one is read here."""

    def __init__(self, session: DrainSession, run_id: str) -> None:
        self.batch_ids: list[int] = []
        self.moved_offsets: dict[Place, int] = {}
        self.reserve_batch_id = session.reserve_batch_id
        self._session = session
        self._run_id = run_id
        self._pending: Future[None] | None = None

    def store(self, ready: ReadyBatch) -> None:
        """Store it, once the one before is stored and its topic is seen to be the same still."""
        self._session.confirm_topic(ready.feed.name)
        self.finish()
        self._pending = self._session.worker.submit(
            store_batch, self._session.storing, ready, run_id=self._run_id
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
    state: DrainState,
    watermarks: Mapping[Place, Watermarks],
    pipeline: _Pipeline,
    limits: DrainLimits,
) -> None:
    progress = {
        partition: begin_partition(topic, partition, state.offsets.get((topic, partition)), marks)
        for (topic, partition), marks in watermarks.items()
        if topic == drain.feed.name
    }
    reader = drain.begin(progress, state.day, idle_s=limits.idle_s)
    if reader is None:
        return
    for _ in range(limits.batches_per_feed_max):
        raw = reader.read_batch(messages_max=limits.messages_max, bytes_max=limits.bytes_max)
        if raw is None:
            break
        pipeline.store(drain.prepare(raw, pipeline.reserve_batch_id))


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
