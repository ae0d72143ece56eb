"""Alerts for people: listed, shown with their whole story, disposed of by name and reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from posttrade.database import connect
from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

STATES = ("OPEN", "ESCALATED", "CLOSED_NO_ISSUE", "CLOSED_REPORTED", "WITHDRAWN")
DECISIONS = {
    "escalate": "ESCALATED",
    "no-issue": "CLOSED_NO_ISSUE",
    "reported": "CLOSED_REPORTED",
}
COMPARED_MAX = 1_000_000
# what compliance.dispose_alert and its trigger refuse, and blanks that a constraint refuses
REFUSALS = ("PT060", "PT061", "PT062", "23514")


def list_alerts(
    dsn: str,
    *,
    business_date: dt.date | None = None,
    rule: str | None = None,
    state: str | None = None,
    row_limit: int,
) -> list[dict[str, Any]]:
    """Alerts as they stand, those that wait for somebody first; what is None does not filter.

    Raises:
        Unavailable: the database does not answer.
    """
    chosen = {"business_date": business_date, "rule": rule, "state": state}
    return _read(dsn, "list_alerts", {**chosen, "row_limit": row_limit})


def show_alert(dsn: str, alert_id: int) -> dict[str, Any]:
    """One alert with its evidence, and under ``events`` all that became of it.

    Raises:
        ConfigurationError: there is no such alert.
        Unavailable: the database does not answer.
    """
    found = _read(dsn, "read_alert", {"alert_id": alert_id})
    if not found:
        raise ConfigurationError(
            f"there is no alert {alert_id}: `./posttrade compliance list` lists those that are"
        )
    return {**found[0], "events": _read(dsn, "list_alert_events", {"alert_id": alert_id})}


def dispose_alert(
    dsn: str, alert_id: int, decision: str, *, actor: str, reason: str
) -> dict[str, Any]:
    """Note a person's decision: ``escalate``, ``no-issue`` or ``reported``.

    Who escalated an alert does not close it; rules that ask for two people are escalated first.

    Returns:
        The alert with the states before and after.

    Raises:
        ConfigurationError: the decision does not follow on the alert's state, is not this
            person's to take, or says neither who nor why.
        Unavailable: the database does not answer.
    """
    if decision not in DECISIONS:
        raise ConfigurationError(f"{decision!r} is none of {', '.join(DECISIONS)}")
    to_state = DECISIONS[decision]
    asked = {"alert_id": alert_id, "to_state": to_state, "actor": actor, "reason": reason}
    try:
        done = _read(dsn, "dispose_alert", asked)
    except psycopg.DatabaseError as error:
        if error.sqlstate not in REFUSALS:
            raise
        hint = f" {error.diag.message_hint}" if error.diag.message_hint else ""
        raise ConfigurationError(f"{error.diag.message_primary}.{hint}") from error
    return {"alert_id": alert_id, "from_state": done[0]["from_state"], "to_state": to_state}


def compare_with_planted(
    dsn: str, business_date: dt.date, planted: Mapping[str, Collection[str]]
) -> dict[str, dict[str, int]]:
    """Subjects that were planted by rule, how many of them are flagged, and what is besides.

    A simulated day has coincidences of its own, which are flagged too.

    Raises:
        Unavailable: the database does not answer.
    """
    flagged: dict[str, set[str]] = {}
    for alert in list_alerts(dsn, business_date=business_date, row_limit=COMPARED_MAX):
        flagged.setdefault(alert["rule"], set()).add(alert["subject_id"])
    counts = {}
    for rule in sorted({*planted, *flagged}):
        sown, seen = set(planted.get(rule, ())), flagged.get(rule, set())
        found, besides = sown & seen, seen - sown
        counts[rule] = {"planted": len(sown), "found": len(found), "besides": len(besides)}
    return counts


def _read(dsn: str, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connect(dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(read_statement(f"compliance/{statement}"), parameters).fetchall()
