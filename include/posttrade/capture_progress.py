"""How far the capture is with what Kafka held at some moment, and what stands in a close's way."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from posttrade.backlog import read_drained
from posttrade.database import StepCounts, connect
from posttrade.statements import read_statement
from posttrade.topic_identity import read_known_topics
from posttrade.watermarks import Place, Watermarks

REASON_LENGTH_MAX = 300


@dataclasses.dataclass(frozen=True)
class CaptureProgress:
    """A look at the capture; two looks that are equal mean that nothing moved between them.

    Attributes:
        waiting: messages below the watermarks that are not drained yet.
        unfinished: batches on their way, by status; stopped ones too.
    """

    waiting: int
    unfinished: Mapping[str, int]

    def describe(self) -> str:
        """In words."""
        batches = ", ".join(f"{count} {status}" for status, count in self.unfinished.items())
        return f"{self.waiting} messages wait in Kafka; unfinished batches: {batches or 'none'}"


def read_progress(dsn: str, watermarks: Mapping[Place, Watermarks]) -> CaptureProgress:
    """Look at how much of what is below the watermarks has come through.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        drained = read_drained(connection)
        unfinished = dict(connection.execute(read_statement("landing/count_by_status")).fetchall())
    waiting = sum(
        max(0, marks.end_offset - max(drained.get(place, 0), marks.first_offset))
        for place, marks in watermarks.items()
    )
    return CaptureProgress(waiting, unfinished)


def describe_stopped_batches(dsn: str, business_date: dt.date) -> list[str]:
    """One line for each stopped batch or topic without which the date would not be complete.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        rows = connection.execute(
            read_statement("landing/find_stopped_batches"), {"business_date": business_date}
        ).fetchall()
        known = read_known_topics(connection)
    return [
        f"batch {batch_id} of feed {feed} is stopped ({reason[:REASON_LENGTH_MAX]})"
        for batch_id, feed, reason in rows
    ] + [
        f"feed {topic} is stopped ({facts.stop_reason[:REASON_LENGTH_MAX]})"
        for topic, facts in known.items()
        if facts.stop_reason is not None
    ]


def count_drained(
    connection: psycopg.Connection[Any], batch_ids: Sequence[int], run_id: str
) -> StepCounts:
    """Messages that a run drained into these batches, and those that became staged rows."""
    row = connection.execute(
        read_statement("landing/count_drained"), {"batch_ids": list(batch_ids), "run_id": run_id}
    ).fetchone()
    return StepCounts(*row) if row else StepCounts(0, 0)
