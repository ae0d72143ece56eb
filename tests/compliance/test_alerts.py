"""What becomes of an alert: by whom, in which order, and what the database refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from posttrade.compliance.alerts import dispose_alert, list_alerts, show_alert
from posttrade.database import connect
from posttrade.errors import SQLSTATES, ConfigurationError

ALERT = {
    "business_date": "2026-10-14",
    "rule": "price_band",
    "subject_kind": "TRADE",
    "severity": "MEDIUM",
    "closing_needs_second_person": False,
    "evidence": json.dumps({"price": "52.51", "mark": "50"}),
    "run_id": "test",
    "opened_at": "2026-10-14T20:00:00Z",
}


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("compliance", table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )


@pytest.fixture
def alerts(create_trade_database: Any) -> Iterator[tuple[str, int, int]]:
    """A database with two alerts: one that a person may close, one that needs two people."""
    dsn = create_trade_database()
    with connect(dsn) as connection:
        insert(connection, "alerts", {**ALERT, "subject_id": "T1"})
        wash = {"rule": "potential_wash_trade", "severity": "HIGH", "subject_id": "T2 / T3"}
        insert(connection, "alerts", {**ALERT, **wash, "closing_needs_second_person": True})
    one, two = (alert["alert_id"] for alert in reversed(list_alerts(dsn, row_limit=9)))
    yield dsn, one, two


def decide(dsn: str, alert_id: int, decision: str, actor: str) -> str:
    reason = "looked into it"
    return str(dispose_alert(dsn, alert_id, decision, actor=actor, reason=reason)["to_state"])


def test_the_whole_story(alerts: tuple[str, int, int]) -> None:
    dsn, one, two = alerts
    assert [a["alert_id"] for a in list_alerts(dsn, row_limit=9)] == [two, one]

    # one person closes what asks for no second
    assert decide(dsn, one, "no-issue", "ann") == "CLOSED_NO_ISSUE"
    with pytest.raises(ConfigurationError, match="is CLOSED_NO_ISSUE: it cannot become ESCALATED"):
        decide(dsn, one, "escalate", "bob")

    # the other is escalated first, and closed by somebody else, however the name is written
    with pytest.raises(ConfigurationError, match="needs two people"):
        decide(dsn, two, "no-issue", "ann")
    with pytest.raises(ConfigurationError, match="cannot become CLOSED_REPORTED"):
        decide(dsn, two, "reported", "ann")
    assert decide(dsn, two, "escalate", "ann") == "ESCALATED"
    for name in ("ann", " Ann "):
        with pytest.raises(ConfigurationError, match="was escalated by ann"):
            decide(dsn, two, "no-issue", name)
    assert decide(dsn, two, "reported", "bob") == "CLOSED_REPORTED"

    shown = show_alert(dsn, two)
    assert (shown["state"], shown["disposed_by"]) == ("CLOSED_REPORTED", "bob")
    assert [(e["from_state"], e["to_state"], e["actor"]) for e in shown["events"]] == [
        ("OPEN", "ESCALATED", "ann"),
        ("ESCALATED", "CLOSED_REPORTED", "bob"),
    ]
    waiting = list_alerts(dsn, state="OPEN", row_limit=9)
    assert waiting == []


def test_a_decision_says_who_why_and_of_what(alerts: tuple[str, int, int]) -> None:
    dsn, one, _ = alerts
    for actor, reason in ((" ", "because"), ("ann", " ")):
        with pytest.raises(ConfigurationError, match="says_who_and_why"):
            dispose_alert(dsn, one, "no-issue", actor=actor, reason=reason)
    with pytest.raises(ConfigurationError, match="no alert 999999"):
        decide(dsn, 999_999, "no-issue", "ann")
    with pytest.raises(ConfigurationError, match="there is no alert 999999"):
        show_alert(dsn, 999_999)
    with pytest.raises(ConfigurationError, match="is none of"):
        decide(dsn, one, "forget", "ann")
    assert show_alert(dsn, one)["events"] == []


EVENT = {"sequence": 1, "event": "DISPOSED", "from_state": "OPEN", "to_state": "ESCALATED",
         "actor": "ann", "reason": "a test"}  # fmt: skip


@pytest.mark.parametrize(
    ("sqlstate", "terms"),
    [
        ("PT060", {"sequence": 2}),
        ("PT060", {"sequence": 2, "from_state": "ESCALATED", "to_state": "CLOSED_NO_ISSUE"}),
        ("23514", {"to_state": "CLOSED_REPORTED"}),
        ("23514", {"to_state": "OPEN"}),
        ("23514", {"event": "WITHDRAWN", "to_state": "CLOSED_NO_ISSUE"}),
        ("23514", {"event": "RESTATED", "to_state": "OPEN"}),  # without its evidence
        ("23514", {"actor": " "}),
        ("23503", {"alert_id": 999_999}),
    ],
)
def test_an_event_that_does_not_follow_is_refused(
    alerts: tuple[str, int, int], sqlstate: str, terms: dict[str, Any]
) -> None:
    dsn, one, _ = alerts
    assert sqlstate[:2] != "PT" or sqlstate in SQLSTATES
    with connect(dsn) as connection, pytest.raises(psycopg.DatabaseError) as refused:
        insert(connection, "alert_events", {"alert_id": one, **EVENT, **terms})
    assert refused.value.sqlstate == sqlstate


@pytest.mark.parametrize("table", ["alerts", "alert_events"])
def test_nothing_is_changed_or_removed(alerts: tuple[str, int, int], table: str) -> None:
    dsn, one, _ = alerts
    decide(dsn, one, "escalate", "ann")
    name = sql.Identifier("compliance", table)
    for statement in ("update {} set run_id = run_id", "delete from {}", "truncate {} cascade"):
        with connect(dsn) as connection, pytest.raises(psycopg.DatabaseError) as refused:
            connection.execute(sql.SQL(statement).format(name))  # type: ignore[arg-type]
        assert refused.value.sqlstate == "PT001"
