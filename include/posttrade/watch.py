"""The watch: sees what people must hear of, and makes few alerts of much.

It stands beside the way of the messages and holds up none of them. Each round is one transaction:
what it decides, and up to where it has come, are written together, so that a crash neither loses an
alert nor raises it twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import psycopg

from posttrade.backlog import measure_backlog
from posttrade.database import connect, run_step
from posttrade.errors import PostTradeError
from posttrade.outbox import publish_outbox
from posttrade.statements import read_statement
from posttrade.topics import BREAKS, REPORTS, ensure_topics

ROUND = "round"
DEADLINES = "deadlines"
STATEMENT_TIMEOUT_S = 60
EVENTS_MAX = 20_000
LONGEST_WINDOW_S = 3600  # pauses between alerts of a kind double from the policy's window to this
BREAK_STEPS = ("list_new_breaks", "count_new_breaks", "raise_break_alert")
DEADLINE_STEPS = (
    "find_late_feeds",
    "find_late_closes",
    "find_outdated_reports",
    "find_stopped_capture",
)
RECOVERY_STEPS = ("resolve_deadlines", "resolve_failures", "raise_recoveries", "plan_deliveries")


@dataclasses.dataclass(frozen=True)
class Round:
    """What one round did: break events announced, alerts raised, messages published."""

    announced: int = 0
    raised: int = 0
    published: int = 0
    has_deliveries: bool = False


def run_round(
    dsn: str, kafka_config: Mapping[str, Any], *, as_of: dt.datetime | None = None
) -> Round:
    """Look once, and do what there is to do; costs a few look-ups when there is nothing.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker; the topic ``breaks`` lies there.
        as_of: the instant to decide by; now when left out.

    Raises:
        Unavailable: the database does not answer, or the broker does not while there is something
            to publish; everything decided is kept.
    """
    moment = as_of or dt.datetime.now(dt.timezone.utc)
    with _open(dsn) as connection:
        if not _claim(connection):
            return Round()
        _note(connection, ROUND, moment)
        todo, raised = _decide(connection, moment)
    announced = announce_breaks(dsn, kafka_config) if todo["has_new_events"] else 0
    published = 0
    if announced or todo["has_unpublished"]:
        published = publish_outbox(dsn, kafka_config)
    return Round(announced, raised, published, bool(raised or todo["has_due_deliveries"]))


def announce_breaks(dsn: str, kafka_config: Mapping[str, Any]) -> int:
    """Put a message for each new event of a break into the outbox.

    The topic is seen to first, and that of reports: one message that no broker takes would hold up
    all that follow it.

    Raises:
        Unavailable: the database or the broker does not answer.
        ConfigurationError: the topic is missing and the broker makes none.
    """
    ensure_topics(kafka_config, (BREAKS, REPORTS))
    with _open(dsn) as connection:
        return run_step(connection, "watch/announce_breaks", {"event_limit": EVENTS_MAX}).rows_out


def check_deadlines(
    dsn: str, kafka_config: Mapping[str, Any], *, as_of: dt.datetime | None = None
) -> int:
    """Find what is late or behind, and what is over; the next round alerts.

    What is over gets its message at once: it was settled when it was found, and comes once.

    Returns:
        How many were found late now.

    Raises:
        Unavailable: the database does not answer.
    """
    moment = as_of or dt.datetime.now(dt.timezone.utc)
    complaint = describe_waiting(dsn, kafka_config, moment)
    found = 0
    with _open(dsn) as connection:
        if not _claim(connection):
            return 0
        _note(connection, DEADLINES, moment)
        parameters = {"as_of": moment, "complaint": complaint}
        for step in DEADLINE_STEPS:
            found += run_step(connection, f"watch/{step}", parameters).rows_out
        for step in RECOVERY_STEPS:
            run_step(connection, f"watch/{step}", parameters)
    return found


def describe_waiting(dsn: str, kafka_config: Mapping[str, Any], moment: dt.datetime) -> str | None:
    """What waits for capture now, in words; None while it is at work or has nothing to do.

    The broker is asked only when the last drain is more than a minute ago. One that does not answer
    is a complaint too: nobody can know then whether messages wait.

    Raises:
        Unavailable: the database does not answer.
    """
    with _open(dsn) as connection:
        row = connection.execute(read_statement("watch/read_capture"), {"as_of": moment}).fetchone()
        if row is not None and row[0]:
            return None
        unfinished = connection.execute(read_statement("landing/count_unfinished")).fetchone()
    try:
        waiting = measure_backlog(dsn, kafka_config).waiting
    except PostTradeError as error:
        return f"what waits in Kafka cannot be seen: {error}"
    batches = unfinished[0] if unfinished else 0
    if waiting or batches:
        return f"{waiting} messages wait in Kafka, and {batches} batches are unfinished"
    return None


def _open(dsn: str) -> contextlib.AbstractContextManager[psycopg.Connection[Any]]:
    return connect(dsn, statement_timeout_s=STATEMENT_TIMEOUT_S, application_name="posttrade watch")


def _decide(
    connection: psycopg.Connection[Any], moment: dt.datetime
) -> tuple[dict[str, bool], int]:
    parameters = {"as_of": moment, "longest_window_s": LONGEST_WINDOW_S}
    raised = 0
    run_step(connection, "watch/find_stopped_batches", parameters)
    run_step(connection, "watch/find_stopped_topics", parameters)
    todo = _look(connection, moment)
    if todo["has_due_breaks"]:
        for step in BREAK_STEPS:
            raised = run_step(connection, f"watch/{step}", parameters).rows_out
    if todo["has_due_findings"]:
        raised += run_step(connection, "watch/raise_finding_alerts", parameters).rows_out
    if raised:
        run_step(connection, "watch/plan_deliveries", parameters)
    return todo, raised


def _claim(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(read_statement("watch/claim")).fetchone()
    return row is not None and bool(row[0])


def _note(connection: psycopg.Connection[Any], watch: str, moment: dt.datetime) -> None:
    connection.execute(read_statement("watch/note_round"), {"watch": watch, "as_of": moment})


def _look(connection: psycopg.Connection[Any], moment: dt.datetime) -> dict[str, bool]:
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    parameters = {"as_of": moment, "longest_window_s": LONGEST_WINDOW_S}
    row = cursor.execute(read_statement("watch/look"), parameters).fetchone()
    return row or {}
