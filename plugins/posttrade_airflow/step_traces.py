"""Spans of steps, when Airflow's own setting ``[traces] otel_on`` is on; else nothing at all."""

from __future__ import annotations

import collections
import contextlib
import contextvars
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context
    from typing_extensions import Self

WAITING_MAX = 100
log = logging.getLogger(__name__)


@dataclasses.dataclass
class StepTrace:
    """Filled in by the step while it runs."""

    batch_ids: list[int] = dataclasses.field(default_factory=list)
    facts: Mapping[str, int] = dataclasses.field(default_factory=dict)


def read_dsn() -> str:
    """Connection string of the trade database."""
    from posttrade_airflow import python_step

    return python_step.read_dsn()


def is_on() -> bool:
    """Whether traces are wanted."""
    from airflow.sdk.configuration import conf

    return bool(conf.getboolean("traces", "otel_on", fallback=False))


class TraceQueue:
    """Sends spans from a thread of its own: a slow collector holds up no step of a long task.

    As a context; when it ends, what waits is still sent, unless the collector is away.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._is_on = is_on()
        self._dsn = read_dsn() if self._is_on else None  # Airflow is asked in its own thread
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="traces")
        self._waiting: collections.deque[Future[int]] = collections.deque()
        self._is_away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._forget_sent()
        self._worker.shutdown(cancel_futures=self._is_away)

    def trace(self, step: str) -> contextlib.AbstractContextManager[StepTrace]:
        """As `traced_step`."""
        if not self._is_on:
            return contextlib.nullcontext(StepTrace())
        return traced_step(self._context, step, self._send_later)

    def _send_later(self, *span: Any) -> None:
        self._forget_sent()
        if len(self._waiting) >= WAITING_MAX:
            log.warning("a span is not sent: %d wait already", WAITING_MAX)
            return
        # the span that is current here, to which the sent ones are linked
        current = contextvars.copy_context()
        self._waiting.append(self._worker.submit(current.run, send, *span, self._dsn))

    def _forget_sent(self) -> None:
        while self._waiting and self._waiting[0].done():
            sent = self._waiting.popleft()
            self._is_away = sent.exception() is not None or sent.result() == 0


@contextlib.contextmanager
def traced_step(
    context: Context, step: str, send_span: Callable[..., object] | None = None
) -> Iterator[StepTrace]:
    """Time what is done inside, and send it to the traces of the batches that it names."""
    if not is_on():
        yield StepTrace()
        return
    trace, started_ns, error = StepTrace(), time.time_ns(), None
    try:
        yield trace
    except BaseException as failure:
        error = f"{type(failure).__name__}: {failure}"
        raise
    finally:
        try:
            if trace.batch_ids:
                (send_span or send)(context, step, trace, started_ns, time.time_ns(), error)
        except Exception:  # who watches must not fail who works
            log.warning("the spans of %s could not be sent", step, exc_info=True)


def send(
    context: Context,
    step: str,
    trace: StepTrace,
    started_ns: int,
    ended_ns: int,
    error: str | None,
    dsn: str | None = None,
) -> int:
    """Hand the step's spans over; how many the collector took."""
    from posttrade.tracing import StepSpan, send_step

    span = StepSpan(
        step=step,
        run_id=context["run_id"],
        attempt=context["ti"].try_number,
        started_ns=started_ns,
        ended_ns=ended_ns,
        error=error,
        facts=trace.facts,
    )
    return send_step(dsn or read_dsn(), trace.batch_ids, span)


def find_batch_ids(arguments: Mapping[str, Any], result: Any) -> list[int]:
    """The batches that a step was given, or those that it found."""
    given = arguments.get("batch_ids")
    found = given if isinstance(given, list | tuple) else result
    if not isinstance(found, list | tuple):
        return []
    return [number for number in found if type(number) is int]
