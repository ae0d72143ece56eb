"""What a benchmark of the running capture reads: each match and break, when it was due and visible.

The server has to keep commit times (``track_commit_timestamp``): a row's own time is that of the
beginning of its transaction.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from bench.harness import read_sql

QUANTILES = (50, 95, 99)
STAGES = ("waiting", "drain", "validate", "promote", "reconcile")


class Outcome(NamedTuple):
    """A match or a break, and when each step that led to it was committed."""

    trade_id: str
    kind: str
    due_at: dt.datetime | None
    drain_began_at: dt.datetime | None
    drained_at: dt.datetime | None
    validated_at: dt.datetime | None
    promoted_at: dt.datetime | None
    visible_at: dt.datetime

    @property
    def seconds(self) -> float:
        """From due to visible."""
        assert self.due_at is not None, f"no grace was seen for {self}"
        return (self.visible_at - self.due_at).total_seconds()

    def stages(self) -> dict[str, float] | None:
        """Seconds in each stage; None for what needs no message."""
        if self.drain_began_at is None:
            return None
        began = max(self.drain_began_at, self.due_at)
        moments = [self.due_at, began, self.drained_at, self.validated_at, self.promoted_at,
                   self.visible_at]  # fmt: skip
        spans = itertools.pairwise(moments)
        return {
            name: (end - start).total_seconds()
            for name, (start, end) in zip(STAGES, spans, strict=True)
        }


def read_outcomes(
    dsn: str, business_date: dt.date, grace_ends: Mapping[str, dt.datetime]
) -> list[Outcome]:
    """Every match and break of the date."""
    parameters = {
        "business_date": business_date,
        "trade_ids": list(grace_ends),
        "grace_ends": list(grace_ends.values()),
    }
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(read_sql("latency/measure_outcomes"), parameters).fetchall()
    return [Outcome(*row) for row in rows]


def describe_outcomes(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Percentiles of all, of matches, of breaks, and of each stage, in seconds."""
    staged = [stages for each in outcomes if (stages := each.stages()) is not None]
    breaks = [each for each in outcomes if each.kind != "match"]
    return {
        "all": percentiles([each.seconds for each in outcomes]),
        "matches": percentiles([each.seconds for each in outcomes if each.kind == "match"]),
        "breaks": percentiles([each.seconds for each in breaks if each.drained_at]),
        "missing_sides": percentiles([each.seconds for each in breaks if not each.drained_at]),
        "stages": {name: percentiles([each[name] for each in staged]) for name in STAGES},
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Count, some quantiles and the greatest."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    at = {
        f"p{quantile}": round(ordered[min(len(ordered) * quantile // 100, len(ordered) - 1)], 3)
        for quantile in QUANTILES
    }
    return {"count": len(ordered), **at, "max": round(ordered[-1], 3)}


def check_outcomes(dsn: str, business_date: dt.date, sent: dict[str, Any]) -> dict[str, Any]:
    """Nothing is lost, doubled or left without an outcome, and what was planted was found.

    Raises:
        RuntimeError: it is otherwise.
    """
    messages = sum(sent["sent"].values())
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            read_sql("latency/count_outcomes"), {"business_date": business_date}
        ).fetchone()
        found = dict(
            connection.execute(
                read_sql("latency/count_breaks"), {"business_date": business_date}
            ).fetchall()
        )
    assert row is not None, "an aggregate always gives its row"
    raw, accounted, trades, outcomes, matches, matched = row
    planted = {kind: count for kind, count in sent["planted"].items() if count}
    if (raw, accounted) != (messages, messages):
        raise RuntimeError(f"{messages} sent, {raw} stored raw, {accounted} accounted for")
    if outcomes != trades or matches != matched:
        raise RuntimeError(f"{trades} trades, {outcomes} with an outcome, {matches} matches")
    if found != planted:
        raise RuntimeError(f"planted {planted}, found {found}")
    return {"trades": trades, "matches": matches, "breaks": sum(found.values())}
