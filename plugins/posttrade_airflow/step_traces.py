"""Spans of steps, when Airflow's own setting ``[traces] otel_on`` is on; else nothing at all."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)


@dataclasses.dataclass
class StepTrace:
    """Filled in by the step while it runs."""

    batch_ids: list[int] = dataclasses.field(default_factory=list)
    facts: Mapping[str, int] = dataclasses.field(default_factory=dict)


def is_on() -> bool:
    """Whether traces are wanted."""
    from airflow.sdk.configuration import conf

    return bool(conf.getboolean("traces", "otel_on", fallback=False))


@contextlib.contextmanager
def traced_step(context: Context, step: str) -> Iterator[StepTrace]:
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
            send(context, step, trace, started_ns, error)
        except Exception:  # who watches must not fail who works
            log.warning("the spans of %s could not be sent", step, exc_info=True)


def send(context: Context, step: str, trace: StepTrace, started_ns: int, error: str | None) -> None:
    """Hand the step's spans over."""
    if not trace.batch_ids:
        return
    from posttrade.tracing import StepSpan, send_step
    from posttrade_airflow.python_step import read_dsn

    span = StepSpan(
        step=step,
        run_id=context["run_id"],
        attempt=context["ti"].try_number,
        started_ns=started_ns,
        ended_ns=time.time_ns(),
        error=error,
        facts=trace.facts,
    )
    send_step(read_dsn(), trace.batch_ids, span)


def find_batch_ids(arguments: Mapping[str, Any], result: Any) -> list[int]:
    """The batches that a step was given, or those that it found."""
    given = arguments.get("batch_ids")
    found = given if isinstance(given, list | tuple) else result
    if not isinstance(found, list | tuple):
        return []
    return [number for number in found if type(number) is int]
