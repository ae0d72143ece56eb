"""A trace for each batch, from drain to match, sent by OTLP.

The steps of a batch run in different processes, at times in different Dag runs. The ids of a
batch's trace are made of the batch itself, so that every step finds the same trace without being
told, and a step that runs again joins it. Nothing here is imported while tracing is off.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from posttrade.database import connect
from posttrade.statements import read_statement

SERVICE_NAME = "posttrade"
TIMEOUT_S = 2  # a collector that is away costs a step this much, once
MATCH_STEP = "reconcile_batches"
SCOPE = InstrumentationScope("posttrade")
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class StepSpan:
    """One run of a step, as it is seen in the trace of each of its batches.

    Attributes:
        step: ``<dag>/<task>``.
        run_id: the Dag run.
        attempt: which try of the task.
        started_ns: nanoseconds since 1970.
        ended_ns: likewise.
        error: what it failed with, or None.
        facts: counts and other attributes.
    """

    step: str
    run_id: str
    attempt: int
    started_ns: int
    ended_ns: int
    error: str | None = None
    facts: Mapping[str, int | str] = dataclasses.field(default_factory=dict)


def send_step(
    dsn: str, batch_ids: Iterable[int], span: StepSpan, exporter: SpanExporter | None = None
) -> int:
    """Send a step's span to the trace of each batch, and the batch's own when it ended there.

    Args:
        dsn: the trade database, which knows the batches.
        batch_ids: batches that the step worked on.
        span: what the step did.
        exporter: where to; else what the variables ``OTEL_EXPORTER_OTLP_...`` say.

    Returns:
        How many spans were handed over. A collector that is away is a warning, never an error.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        batches = cursor.execute(
            read_statement("landing/read_batches"), {"batch_ids": list(batch_ids)}
        ).fetchall()
    spans = [made for batch in batches for made in make_spans(batch, span)]
    if not spans:
        return 0
    exporter = exporter or OTLPSpanExporter(timeout=TIMEOUT_S)
    try:
        exporter.export(spans)
    except Exception:  # the work is done, and must not fail for want of an observer
        log.warning("%d spans could not be sent", len(spans), exc_info=True)
        return 0
    finally:
        exporter.shutdown()
    return len(spans)


def make_spans(batch: Mapping[str, Any], span: StepSpan) -> list[ReadableSpan]:
    """The step's span in the batch's trace, and the batch's own when that step finished it."""
    root = make_context(batch)
    child = make_context(batch, f"{span.step}/{span.run_id}/{span.attempt}")
    current = trace.get_current_span().get_span_context()
    error = Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.OK)
    spans = [
        ReadableSpan(
            name=span.step.rpartition("/")[2],
            context=child,
            parent=root,
            resource=make_resource(),
            attributes={**describe(batch), "step": span.step, "run_id": span.run_id,
                        "attempt": span.attempt, **span.facts},
            links=[Link(current)] if current.is_valid else [],
            kind=SpanKind.INTERNAL,
            status=error,
            start_time=span.started_ns,
            end_time=span.ended_ns,
            instrumentation_scope=SCOPE,
        )
    ]  # fmt: skip
    # by the step that ended it alone: settlement comes after the match, and would tell it again
    is_ended_here = batch["status"] == "REJECTED" or spans[0].name == MATCH_STEP
    if is_ended_here and batch["finished_at"] is not None:
        spans.append(
            ReadableSpan(
                name=f"batch of {batch['feed']}",
                context=root,
                resource=make_resource(),
                attributes=describe(batch),
                kind=SpanKind.CONSUMER,
                status=Status(StatusCode.OK),
                start_time=to_ns(batch["drained_at"]),
                end_time=span.ended_ns,  # its results are seen once that step is committed
                instrumentation_scope=SCOPE,
            )
        )
    return spans


def make_context(batch: Mapping[str, Any], name: str = "") -> SpanContext:
    """The ids of a batch's trace, and of a span in it; the same each time they are asked for."""
    identity = f"{batch['batch_id']}/{batch['feed']}/{batch['drained_at'].isoformat()}"
    trace_id = hashlib.sha256(identity.encode()).digest()[:16]
    span_id = hashlib.sha256(f"{identity}/{name}".encode()).digest()[:8]
    return SpanContext(
        trace_id=int.from_bytes(trace_id, "big"),
        span_id=int.from_bytes(span_id, "big"),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def describe(batch: Mapping[str, Any]) -> dict[str, int | str]:
    """The batch's facts as attributes."""
    facts: dict[str, int | str] = {
        "batch_id": batch["batch_id"],
        "feed": batch["feed"],
        "batch_status": batch["status"],
        "messages": batch["message_count"],
    }
    for name in ("first_message_at", "last_message_at"):
        if batch[name] is not None:
            facts[name] = batch[name].isoformat()
    return facts


def make_resource() -> Resource:
    """Under which name the traces are found."""
    return Resource({"service.name": SERVICE_NAME})


def to_ns(moment: dt.datetime) -> int:
    """Nanoseconds since 1970, exact to the microsecond."""
    since = moment - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
