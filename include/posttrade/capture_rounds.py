"""Trade capture in rounds: drain, validate, promote, reconcile, publish, and again, in one process.

What takes time to open stays open: the consumer, the connections, Great Expectations, the producer.
Every step still is a row of the run log, and every batch's status in the database says where it
stands, so that a round that breaks off anywhere is taken up by the next one, also of another
process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from posttrade.capture_progress import count_drained
from posttrade.database import connect
from posttrade.drain import Drain
from posttrade.errors import GateFailed, Unavailable
from posttrade.outbox import Outbox
from posttrade.round_steps import STEPS, RoundStep, RoundTools
from posttrade.run_log import RunLog, StepRun
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import Self

DAG = "trade_capture"
DRAIN_STEP = f"{DAG}/drain_feeds"
PUBLISH_STEP = f"{DAG}/publish_outbox"
STOPS_TOLD_MAX = 20
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class RoundLimits:
    """Bounds of one series of rounds; all in seconds.

    Attributes:
        lasts_s: no round begins after this; what is left waits for the next series.
        stopped_s: the same, counted from the first batch that a gate stops: people should see it.
        idle_s: the series ends when nothing has come for so long.
        round_s: a round begins this long after the one before at the earliest: each batch writes
            rows about itself, and a few messages are not worth them.
        poll_s: pause between two looks while nothing comes.
    """

    lasts_s: float = 300.0
    stopped_s: float = 20.0
    idle_s: float = 120.0
    round_s: float = 0.4
    poll_s: float = 0.2


@dataclasses.dataclass
class RoundCounts:
    """What a series did.

    Attributes:
        rounds: those that had something to do.
        batches: batches worked on; one that was left by an earlier series counts too.
        rows_in: messages drained.
        rows_out: rows staged from them.
        published: messages published.
    """

    rounds: int = 0
    batches: int = 0
    rows_in: int = 0
    rows_out: int = 0
    published: int = 0


class SpanKeeper(Protocol):
    """Notes what is done inside; ``batch_ids`` and ``facts`` are filled in there."""

    batch_ids: list[int]
    facts: Mapping[str, int]


Tracer = Callable[[str], contextlib.AbstractContextManager[SpanKeeper]]


class CaptureRounds:
    """One series of rounds.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        run_id: of the run that does them.
        limits: bounds of the series.
        trace: called with the name of each step, gives what keeps its span; None keeps none.
    """

    def __init__(
        self,
        dsn: str,
        kafka_config: Mapping[str, Any],
        *,
        run_id: str,
        limits: RoundLimits | None = None,
        trace: Tracer | None = None,
    ) -> None:
        self._dsn = dsn
        self._kafka_config = kafka_config
        self._run_id = run_id
        self._limits = limits or RoundLimits()
        self._trace = trace
        self._stops: list[str] = []
        self._known: set[int] = set()
        self._ends_at = self._quiet_since = 0.0
        self._is_stopping = False
        self.counts = RoundCounts()

    def stop(self) -> None:
        """End after the step in progress; safe in a signal handler."""
        self._is_stopping = True

    def run(self) -> RoundCounts:
        """Make rounds until a limit is reached.

        Returns:
            What was done.

        Raises:
            GateFailed: batches were stopped; everything else was dealt with.
            Unavailable: the broker or the database does not answer.
        """
        self._quiet_since = time.monotonic()
        self._ends_at = self._quiet_since + self._limits.lasts_s
        try:
            with self._open_tools() as tools, _Publisher(tools, self.counts) as publisher:
                publisher.want()  # what an earlier series may have left
                while not self._is_over():
                    self._go_round(tools, publisher)
        except Unavailable as error:
            if not self._stops:
                raise
            self._stops.append(f"{type(error).__name__}: {error}")
            raise GateFailed(self._describe_stops()) from error
        if self._stops:
            raise GateFailed(self._describe_stops())
        return self.counts

    @contextlib.contextmanager
    def _open_tools(self) -> Iterator[RoundTools]:
        with (
            RunLog(self._dsn) as run_log,
            connect(self._dsn, application_name="posttrade rounds") as connection,
            Drain(self._dsn, self._kafka_config) as drain,
        ):
            connection.autocommit = True  # each step makes its own transactions
            yield RoundTools(
                self._dsn, self._kafka_config, self._run_id, run_log, connection, drain
            )

    def _is_over(self) -> bool:
        now = time.monotonic()
        is_quiet = now >= self._quiet_since + self._limits.idle_s
        return self._is_stopping or is_quiet or now >= self._ends_at

    def _go_round(self, tools: RoundTools, publisher: _Publisher) -> None:
        began = time.monotonic()
        batch_ids = self._drain(tools)
        if batch_ids or _is_grace_over(tools):
            for step in STEPS:
                if self._is_stopping:
                    return
                if batch_ids or not step.needs_batches:
                    self._work(tools, step, batch_ids)
            publisher.want()
            self.counts.rounds += 1
            self._quiet_since = time.monotonic()
            next_at = began + self._limits.round_s
        else:
            if publisher.keep_going():
                self._quiet_since = time.monotonic()
            next_at = time.monotonic() + self._limits.poll_s
        if not self._is_stopping:
            time.sleep(max(0.0, next_at - time.monotonic()))

    def _drain(self, tools: RoundTools) -> list[int]:
        """Drain, with a row of the run log and a span only when there was something."""
        logged = tools.run_log.quiet_step(DRAIN_STEP, run_id=self._run_id)
        with self._traced(DRAIN_STEP) as span, logged as row:
            batch_ids = tools.drain.drain_once(run_id=self._run_id)
            fresh = [batch_id for batch_id in batch_ids if batch_id not in self._known]
            if not fresh:
                return batch_ids
            self._known.update(fresh)
            counts = count_drained(tools.connection, fresh, self._run_id)
            span.batch_ids, span.facts = fresh, dataclasses.asdict(counts)
            row.rows_in, row.rows_out = counts.rows_in, counts.rows_out
        self.counts.batches += len(fresh)
        self.counts.rows_in += counts.rows_in
        self.counts.rows_out += counts.rows_out
        return batch_ids

    def _work(self, tools: RoundTools, step: RoundStep, batch_ids: list[int]) -> None:
        name = f"{DAG}/{step.name}"
        logged: contextlib.AbstractContextManager[StepRun] = (
            contextlib.nullcontext(StepRun())
            if step.writes_log
            else tools.run_log.step(name, run_id=self._run_id)
        )
        try:
            with self._traced(name) as span, logged as row:
                span.batch_ids = batch_ids
                counts = step.work(tools, batch_ids)
                span.facts = dataclasses.asdict(counts)
                row.rows_in, row.rows_out = counts.rows_in, counts.rows_out
        except GateFailed as error:
            # the batch waits for a person, and no other batch for it
            log.error("%s", error)
            self._stops.append(str(error))
            self._ends_at = min(self._ends_at, time.monotonic() + self._limits.stopped_s)

    def _traced(self, name: str) -> contextlib.AbstractContextManager[SpanKeeper]:
        if self._trace is None:
            return contextlib.nullcontext(_NoSpan())
        return self._trace(name)

    def _describe_stops(self) -> str:
        told = self._stops[:STOPS_TOLD_MAX]
        more = len(self._stops) - len(told)
        return "; ".join(told) + (f"; and {more} more" if more else "")


class _Publisher:
    """Publishes in a thread of its own, while the next round begins; one call at a time."""

    def __init__(self, tools: RoundTools, counts: RoundCounts) -> None:
        self._tools = tools
        self._counts = counts
        self._outbox = Outbox(tools.dsn, tools.kafka_config)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")
        self._going: Future[int] | None = None
        self._is_wanted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._outbox.close)
            stack.callback(self._worker.shutdown)
            if kind is None:
                self._settle()
                if self._is_wanted:
                    self.keep_going()
                    self._settle()

    def want(self) -> None:
        """Publish what waits now, as soon as the call before is over.

        Raises:
            Unavailable: the call before found no broker or no database.
        """
        self._is_wanted = True
        self.keep_going()

    def keep_going(self) -> bool:
        """Begin what is wanted; says whether any is under way. Raises as `want` does."""
        if self._going is not None and not self._going.done():
            return True
        self._settle()
        if self._is_wanted:
            self._is_wanted = False
            self._going = self._worker.submit(self._publish)
        return self._going is not None

    def _settle(self) -> None:
        going, self._going = self._going, None
        if going is not None:
            self._counts.published += going.result()
            self._is_wanted |= self._outbox.may_have_left

    def _publish(self) -> int:
        tools = self._tools
        with tools.run_log.quiet_step(PUBLISH_STEP, run_id=tools.run_id) as row:
            count = self._outbox.publish_once()
            if count:
                row.rows_in = row.rows_out = count
        return count


@dataclasses.dataclass
class _NoSpan:
    batch_ids: list[int] = dataclasses.field(default_factory=list)
    facts: Mapping[str, int] = dataclasses.field(default_factory=dict)


def _is_grace_over(tools: RoundTools) -> bool:
    row = tools.connection.execute(read_statement("recon/is_grace_over")).fetchone()
    return bool(row and row[0])
