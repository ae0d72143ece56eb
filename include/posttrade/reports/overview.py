"""Closed dates at a glance: where each stands, what is open, and which have to be closed again."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from posttrade.database import connect
from posttrade.reports.queries import Row, fetch_rows
from posttrade.reports.summary import describe_outdated
from posttrade.reports.typography import format_count, format_term, format_words

DATES_MAX = 400
FIGURES_SHOWN_MAX = 3
STATEMENT_TIMEOUT_S = 20  # a page that somebody waits for


@dataclasses.dataclass(frozen=True)
class DateState:
    """One date as the desk sees it.

    Attributes:
        state: ``current``, ``out_of_date``, ``failed`` (its newest close did not come to an end),
            or ``closing`` (none has come to an end yet).
        reason: why it is not current; empty when it is.
        changes: what the newest version changed, in a few words.
    """

    business_date: dt.date
    state: str
    reason: str
    is_business_day: bool
    version: int | None
    created_at: dt.datetime | None
    matched_count: int
    trade_count: int
    breaks: Mapping[str, int]
    reject_count: int
    replayed_count: int
    mail_count: int
    changes: str

    @property
    def break_count(self) -> int:
        """Open breaks of all types."""
        return sum(self.breaks.values())


def read_overview(dsn: str) -> list[DateState]:
    """The newest dates, newest first.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn, statement_timeout_s=STATEMENT_TIMEOUT_S) as connection:
        rows = fetch_rows(connection, "list_dates", dates_max=DATES_MAX)
    return [read_state(row) for row in rows]


def read_state(row: Row) -> DateState:
    """One row of the list."""
    state, reason = judge(row)
    summary = row["summary"] or {}
    return DateState(
        business_date=row["business_date"],
        state=state,
        reason=reason,
        is_business_day=row["is_business_day"],
        version=row["version"],
        created_at=row["created_at"],
        matched_count=summary.get("matched", 0),
        trade_count=sum(summary.get("outcomes", {}).values()),
        breaks={**summary.get("breaks", {}), **summary.get("other_breaks", {})},
        reject_count=sum(summary.get("rejects", {}).values()),
        replayed_count=summary.get("replayed", 0),
        mail_count=row["mail_count"],
        changes=describe_changes(row["changes"] or {}),
    )


def judge(row: Row) -> tuple[str, str]:
    """State of a date, and why."""
    if row["last_outcome"] == "FAILED":
        task = row["last_step"].partition("/")[2]
        return "failed", f"{task} failed: {row['last_detail'] or 'no reason was kept'}"
    if row["version"] is None:
        return "closing", "its close has not come to a report yet"
    outdated = describe_outdated(
        row["late_input_count"], row["changed_dates"], row["changed_marks"]
    )
    return ("out_of_date", outdated) if outdated else ("current", "")


def describe_changes(changes: Mapping[str, Any]) -> str:
    """What a version changed against the one before; empty for a first one."""
    told = [
        f"{format_term(name)}: "
        f"{', '.join(f'{format_count(n)} {change}' for change, n in counts.items())}"
        for name, table in changes.get("tables", {}).items()
        if (counts := table["counts"])
    ]
    figures = changes.get("figures", [])
    told += [
        f"{format_words(figure['name'])} {format_count(figure['before'])} → "
        f"{format_count(figure['after'])}"
        for figure in figures[:FIGURES_SHOWN_MAX]
    ]
    if len(figures) > FIGURES_SHOWN_MAX:
        told.append(f"and {len(figures) - FIGURES_SHOWN_MAX} more figures")
    return "; ".join(told)
