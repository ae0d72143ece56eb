"""Daily tidying: partitions ahead of time, retention by policy, vacuum.

What compliance must keep (trades, matches, breaks and their events, rejects, counts, reports) is
out of reach: no policy can name it, and a transaction that touched it all the same is rolled back.
"""

from __future__ import annotations

import datetime as dt
import logging

import psycopg

from posttrade.business_calendar import HOUSE_CALENDAR
from posttrade.database import StepCounts, connect, run_step
from posttrade.errors import InvariantBroken
from posttrade.statements import read_statement

BUSINESS_DAYS_AHEAD = 10
LANDING_DAYS_AHEAD = 7
RETENTION_STEPS = (
    "drop_messages",
    "delete_staged_leftovers",
    "shrink_quality_results",
    "delete_step_runs",
    "delete_published_messages",
)
APPLICATION_NAME = "posttrade housekeeping"
log = logging.getLogger(__name__)


def make_partitions(dsn: str, *, as_of: dt.datetime | None = None) -> StepCounts:
    """Make the partitions of the coming days, so that no message has to wait for them.

    Returns:
        Days looked at; days that were new.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn, application_name=APPLICATION_NAME) as connection:
        return run_step(
            connection,
            "housekeeping/make_partitions",
            {
                "as_of": as_of or dt.datetime.now(dt.timezone.utc),
                "calendar_id": HOUSE_CALENDAR,
                "business_days_ahead": BUSINESS_DAYS_AHEAD,
                "landing_days_ahead": LANDING_DAYS_AHEAD,
            },
        )


def remove_expired(dsn: str, *, as_of: dt.datetime | None = None) -> dict[str, int]:
    """Remove what the policies no longer keep, each subject in a transaction of its own.

    Returns:
        Rows removed or shrunk, by step; and the days for which Airflow's metadata is kept, which
        only Airflow itself can remove.

    Raises:
        InvariantBroken: something would have gone that must be kept; nothing of it has.
        Unavailable: the database does not answer, or a table is in use for too long.
    """
    moment = as_of or dt.datetime.now(dt.timezone.utc)
    removed = {}
    for step in RETENTION_STEPS:
        removed[step] = _remove(dsn, step, moment)
        log.info("%s: %d rows", step, removed[step])
    with connect(dsn, application_name=APPLICATION_NAME) as connection:
        row = connection.execute(
            read_statement("housekeeping/read_keep_days"), {"subject": "airflow"}
        ).fetchone()
    return {**removed, "airflow_keep_days": row[0] if row else 0}


def vacuum_tables(dsn: str) -> None:
    """Give back the room of rows that are gone, and count anew what the planner leans on.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn, application_name=APPLICATION_NAME) as connection:
        connection.autocommit = True
        connection.execute(read_statement("housekeeping/vacuum_tables"))


def _remove(dsn: str, step: str, moment: dt.datetime) -> int:
    with connect(dsn, application_name=APPLICATION_NAME) as connection:
        run_step(connection, "housekeeping/remember_tables", {})
        counts = run_step(connection, f"housekeeping/{step}", {"as_of": moment})
        refuse_forbidden_changes(connection, step)
    return counts.rows_out


def refuse_forbidden_changes(connection: psycopg.Connection[tuple[object, ...]], step: str) -> None:
    """Refuse a transaction that removed or changed what must be kept.

    Raises:
        InvariantBroken: it did; the caller's transaction is rolled back by this.
    """
    if not run_step(connection, "housekeeping/find_forbidden_changes", {}).rows_out:
        return
    rows = connection.execute(read_statement("housekeeping/list_forbidden")).fetchall()
    raise InvariantBroken(
        f"housekeeping step {step} would remove what must be kept, and was rolled back: "
        f"{'; '.join(str(row[0]) for row in rows)}"
    )
