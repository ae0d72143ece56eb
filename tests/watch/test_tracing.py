"""A batch's trace: the same whoever adds to it, whole when the batch is, and never in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from posttrade.instance import choose_ports
from posttrade.tracing import StepSpan, send_step

from .conftest import Books
from .otlp import Receiver

BATCH = """
    insert into landing.batches (batch_id, feed, status, message_count, staged_count, reject_count,
        run_id, drained_at, last_message_at) overriding system value
    values (%s, %s, 'DRAINED', 10, 10, 0, 'r', now() - interval '3 seconds', now())
"""
STEPS = ("drain_feeds", "validate_batches", "promote_batches", "reconcile_batches")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    yield receiver
    receiver.close()


def make_span(step: str, error: str | None = None, attempt: int = 1) -> StepSpan:
    now = time.time_ns()
    return StepSpan(f"trade_capture/{step}", "run", attempt, now - 1_000_000, now, error,
                    {"rows_out": 9})  # fmt: skip


def test_a_batch_is_one_trace_from_drain_to_match(books: Books, receiver: Receiver) -> None:
    books.run(BATCH, 1, "executions")
    books.run(BATCH, 2, "pnl_snapshot")
    for step in STEPS[:-1]:
        assert send_step(books.dsn, [1, 2], make_span(step)) == 2
    books.run("update landing.batches set status = 'RECONCILED', finished_at = now()")
    assert send_step(books.dsn, [1, 2], make_span(STEPS[-1])) == 4
    assert send_step(books.dsn, [1, 2], make_span("settle_batches")) == 2
    traces = {span["trace_id"] for span in receiver.spans}
    assert len(traces) == 2
    for batch_id, feed in ((1, "executions"), (2, "pnl_snapshot")):
        spans = [span for span in receiver.spans if span["batch_id"] == batch_id]
        *steps, root, _ = spans
        names = [*STEPS, f"batch of {feed}", "settle_batches"]
        assert [span["name"] for span in spans] == names
        assert len({span["trace_id"] for span in spans}) == 1
        assert {span["parent_id"] for span in steps} == {root["span_id"]}
        assert root["parent_id"] == ""
        assert len({span["span_id"] for span in spans}) == len(names)
        assert root["ended"] - root["started"] == pytest.approx(3e9, rel=0.5)
        assert {span["service"] for span in spans} == {"posttrade"}
        assert steps[0]["rows_out"] == 9
        assert root["messages"] == 10


def test_a_step_that_failed_and_ran_again_is_seen_twice(books: Books, receiver: Receiver) -> None:
    books.run(BATCH, 1, "executions")
    send_step(books.dsn, [1], make_span("promote_batches", "Unavailable: away"))
    send_step(books.dsn, [1], make_span("promote_batches", attempt=2))
    failed, done = receiver.spans
    assert (failed["is_error"], done["is_error"]) == (True, False)
    assert failed["trace_id"] == done["trace_id"]
    assert failed["span_id"] != done["span_id"]


def test_a_collector_that_is_away_costs_a_moment_and_no_error(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = choose_ports(("otlp",))["otlp"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    books.run(BATCH, 1, "executions")
    started = time.monotonic()
    send_step(books.dsn, [1], make_span("drain_feeds"))
    assert time.monotonic() - started < 4
