"""The gate of the close: every suite again over a whole business date, then its totals."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from posttrade.capture import RECON_LOCK
from posttrade.database import StepCounts, connect, run_step
from posttrade.errors import GateFailed
from posttrade.feeds import FEEDS
from posttrade.quality.engine import QualityEngine, open_engine
from posttrade.quality.verdict import Level, Verdict

TOTALS_SUITE = "totals_day"
DAY_SUFFIX = "_day"
# a rule that so many records of a feed break at close, after each passed on its way in, is itself
# broken, or its reference data is: a person looks before a day is emptied
QUARANTINE_SHARE_MAX_PERCENT = 20
QUARANTINE_COUNT_ALLOWED = 100


def validate_day(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Run the suites of the close over a business date.

    Records that break a ``reject`` rule leave their date for ``landing.rejects`` (stage ``close``),
    all feeds in one transaction; nothing leaves when a ``stop`` rule fails or a rule cannot be
    evaluated. The totals are judged afterwards, on what stays.

    Returns:
        Accepted records before and after the quarantine.

    Raises:
        GateFailed: the date cannot be closed; names every rule that stops it.
    """
    engine = open_engine(dsn)
    judged = [name for name, feed in FEEDS.items() if feed.is_judged_at_close]
    verdicts = [validate_feed(engine, feed, business_date) for feed in judged]
    stops = [reason for verdict in verdicts for reason in describe_stops(verdict)]
    with connect(dsn) as connection:
        connection.execute(RECON_LOCK)
        quarantined = {verdict.suite: 0 for verdict in verdicts}
        if not stops:
            quarantined = quarantine(connection, business_date, verdicts)
        for verdict in verdicts:
            write_result(connection, verdict, quarantined[verdict.suite], business_date, run_id)
    totals = engine.validate(
        TOTALS_SUITE, {"gx.business_date": business_date.isoformat()}, {}, with_document=True
    )
    stops += describe_stops(totals)
    with connect(dsn) as connection:
        write_result(connection, totals, 0, business_date, run_id)
        scope = {
            "business_date": business_date,
            "quarantined_count": sum(quarantined.values()),
        }
        counts = run_step(connection, "quality/count_records", scope)
    if stops:
        raise GateFailed(
            f"business date {business_date} cannot be closed: {'; '.join(stops)}. "
            "Repair the cause, then run end_of_day for the date again"
        )
    return counts


def validate_feed(engine: QualityEngine, feed: str, business_date: dt.date) -> Verdict:
    """The day suite of one feed."""
    return engine.validate(
        f"{FEEDS[feed].suite}{DAY_SUFFIX}",
        {"gx.business_date": business_date.isoformat(), "gx.feed": feed},
        {},
        with_rows_of=frozenset({Level.REJECT}),
        with_document=True,
    )


def describe_stops(verdict: Verdict) -> list[str]:
    """Why a suite's verdict stops the close; empty when it does not."""
    if verdict.stops:
        return [f"suite {verdict.suite}: {verdict.describe_stops()}"]
    count = len(verdict.row_findings(Level.REJECT))
    share_max = verdict.row_count * QUARANTINE_SHARE_MAX_PERCENT / 100
    if count > QUARANTINE_COUNT_ALLOWED and count > share_max:
        worst = max(verdict.rules, key=lambda result: len(result.failing_rows))
        reason = (
            f"suite {verdict.suite}: {count} of {verdict.row_count} records break a rule at close, "
            f"most of them {worst.rule}; expected at most {QUARANTINE_SHARE_MAX_PERCENT} percent. "
            "Check the rule and the reference data it reads before records are refused"
        )
        return [reason]
    return []


def quarantine(
    connection: psycopg.Connection[Any], business_date: dt.date, verdicts: list[Verdict]
) -> dict[str, int]:
    """Move the failing records of every feed to the rejects; gives how many, by suite."""
    moved = {}
    for verdict in verdicts:
        findings = verdict.row_findings(Level.REJECT)
        moved[verdict.suite] = 0
        if findings:
            parameters = {"business_date": business_date, "findings": Jsonb(findings)}
            step = run_step(connection, "quality/quarantine_records", parameters)
            moved[verdict.suite] = step.rows_out
    return moved


def write_result(
    connection: psycopg.Connection[Any],
    verdict: Verdict,
    quarantined_count: int,
    business_date: dt.date,
    run_id: str,
) -> None:
    """Keep a verdict about the date in ``quality.results``."""
    result = verdict.summary(quarantined_count)
    result["result"] = Jsonb(result["result"])
    scope = {"batch_id": None, "business_date": business_date, "run_id": run_id}
    run_step(connection, "quality/write_result", {**result, **scope})
