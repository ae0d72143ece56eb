"""What people and Prometheus are told by a running instance, without being asked to."""

from __future__ import annotations

import email
import email.policy
import time
from typing import Any

import pytest

from .conftest import Instance

DAY = "2026-11-06"
ALERTED_WITHIN_S = 90


@pytest.fixture(scope="module")
def closed(instance: Instance) -> dict[str, Any]:
    instance.json("simulate", "--date", DAY, "--trades", "500", "--seed", "6")
    return instance.json("close", DAY)


def find_alert(instance: Instance, kind: str) -> dict[str, Any]:
    deadline = time.monotonic() + ALERTED_WITHIN_S
    while time.monotonic() < deadline:
        for alert in instance.json("alerts", "list")["alerts"]:
            told: dict[str, Any] = alert
            if told["kind"] == kind and told["channels"].get("mail") == "delivered":
                return told
        time.sleep(2)
    pytest.fail(f"no alert of kind {kind} was delivered within {ALERTED_WITHIN_S} s")


def test_a_test_alert_is_mailed(instance: Instance) -> None:
    instance.run("alerts", "test")
    alert = find_alert(instance, "test")
    assert alert["channels"] == {"log": "delivered", "mail": "delivered", "webhook": "off"}


def test_breaks_are_alerted_by_one_mail(instance: Instance, closed: dict[str, Any]) -> None:
    alert = find_alert(instance, "break_opened")
    subjects = [
        str(message["Subject"])
        for path in (instance.home / "mail").glob("*.eml")
        if (message := email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
    ]
    mailed = [subject for subject in subjects if "new break" in subject]
    alerts = instance.query("select count(*) from control.alerts where kind = 'break_opened'")
    assert len(mailed) == int(alerts)
    assert alert["text"].split(":")[0] in " ".join(mailed)


def test_every_break_is_on_its_topic(instance: Instance, closed: dict[str, Any]) -> None:
    find_alert(instance, "break_opened")
    waiting = (
        "select (select count(*) from recon.break_events) - (select count(*) from outbox.messages"
        # the topic also has chasers of fails
        " where message_id like 'breaks/%' and published_at is not null)"
    )
    deadline = time.monotonic() + ALERTED_WITHIN_S
    while instance.query(waiting) != "0":
        assert time.monotonic() < deadline, "break events wait"
        time.sleep(2)


def test_the_metrics_are_those_of_the_books(instance: Instance, closed: dict[str, Any]) -> None:
    told = dict(
        line.rsplit(" ", 1)
        for line in instance.run("metrics").stdout.splitlines()
        if not line.startswith("#")
    )
    messages = instance.query("select count(*) from landing.messages")
    assert sum(
        float(value) for name, value in told.items() if name.startswith("posttrade_messages_total")
    ) == float(messages)
    drift = [value for name, value in told.items() if name.startswith("posttrade_offset_drift")]
    assert {float(value) for value in drift} == {0.0}
    missing = [value for name, value in told.items() if name.startswith("posttrade_missing_rows")]
    assert {float(value) for value in missing} == {0.0}
    assert {value for name, value in told.items() if name.startswith("posttrade_up")} == {"1.0"}
    assert instance.json("status")["watch"]["is_watching"]
