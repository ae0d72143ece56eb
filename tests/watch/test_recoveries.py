"""What is over is told once, to those who heard of it; and many alerts in a row grow rare."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from posttrade import watch
from posttrade.alerts.delivery import deliver_alerts
from posttrade.alerts.findings import record_finding, resolve_findings
from posttrade.alerts.message import Alert, compose_mail, describe_line
from posttrade.watch import LONGEST_WINDOW_S

from .conftest import DATE, Books

UTC = dt.timezone.utc
NOW = dt.datetime(2026, 11, 19, 16, tzinfo=UTC)
LATER = NOW + dt.timedelta(hours=1)
STOPPED = (
    "insert into landing.batches (batch_id, feed, status, message_count, staged_count,"
    " reject_count, run_id) overriding system value"
    " values (%s, 'executions', 'STOPPED', 10, 10, 0, 'r')"
)
FINISH = "update landing.batches set status = 'REJECTED' where batch_id = %s"
REPORTED = "insert into report.versions values ('2026-11-19', 1, 'x', null, '{}', '[]', 'r', now())"
RENDERED = (
    "insert into control.step_runs (step, business_date, run_id, started_at, outcome)"
    " values ('end_of_day/render_reports', '2026-11-19', 'r', now(), 'DONE')"
)
RECOVERIES = (
    "select resolves_alert_id is not null, item_count, facts from control.alerts"
    " where kind = %s order by alert_id"
)


class Collector:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def send(self, alert: Alert) -> None:
        self.alerts.append(alert)


def note(books: Books, kind: str, key: str, date: dt.date | None = None) -> None:
    record_finding(
        books.dsn, kind=kind, finding_key=key, summary="it is so", next_step="act",
        business_date=date,
    )  # fmt: skip


def deliver(books: Books, **channels: Collector) -> None:
    """Make every delivery now, also of alerts that a test raised ahead of time."""
    books.run("update control.alert_deliveries set next_attempt_at = now()")
    deliver_alerts(books.dsn, channels)


def look_again(books: Books, monkeypatch: pytest.MonkeyPatch, at: dt.datetime = LATER) -> None:
    monkeypatch.setattr(watch, "describe_waiting", lambda *_: None)
    watch.check_deadlines(books.dsn, books.kafka_config, as_of=at)


def test_a_batch_that_was_decided_on_is_over_once(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Collector()
    for batch_id in (7, 8):
        books.run(STOPPED, batch_id)
    assert books.look(1).raised == 1
    deliver(books, mail=channel)
    books.run(FINISH, 7)
    now = dt.datetime.now(UTC)
    look_again(books, monkeypatch, now)
    assert len(books.alerts()) == 1  # one of the two is still stopped
    books.run(FINISH, 8)
    for later in (1, 2):
        look_again(books, monkeypatch, now + dt.timedelta(minutes=later))
    told = books.run(RECOVERIES, "batch_stopped")
    assert [(is_recovery, count) for is_recovery, count, _ in told] == [(False, 2), (True, 2)]
    deliver(books, mail=channel, webhook=channel)
    first, last = channel.alerts  # the webhook did not hear of the first
    assert describe_line(last).startswith("Over: 2 batches are stopped: batch 7 is REJECTED now")
    mail = compose_mail(last, sender="a@b.c", recipients=["d@e.f"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"this ends alert {first.alert_id}" in body.get_content()
    html = mail.get_body(("html",))
    assert html is not None
    assert "#a3341c" not in html.get_content()


def test_what_nobody_heard_of_has_no_end(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.run(STOPPED, 7)
    assert books.look(1).raised == 1
    books.run(FINISH, 7)
    look_again(books, monkeypatch, dt.datetime.now(UTC))
    assert len(books.alerts()) == 1


@pytest.mark.parametrize(
    ("kind", "key", "end"),
    [
        (
            "feed_late",
            f"executions by mid-morning/{DATE}",
            "insert into control.received_counts values (1, 'executions', '2026-11-19', 5, now())",
        ),
        (
            "close_late",
            f"report in the evening/{DATE}",
            REPORTED,
        ),
        (
            "close_failed",
            "end_of_day/manual__2026-11-20T10:00:00+00:00/x/render_reports/2",
            RENDERED,
        ),
    ],
)
def test_each_kind_knows_its_end(
    books: Books, monkeypatch: pytest.MonkeyPatch, kind: str, key: str, end: str
) -> None:
    note(books, kind, key, DATE)
    assert books.look(1).raised == 1
    deliver(books, log=Collector())
    look_again(books, monkeypatch, dt.datetime.now(UTC))
    assert len(books.run(RECOVERIES, kind)) == 1
    books.run(end)
    look_again(books, monkeypatch, dt.datetime.now(UTC))
    assert [row[0] for row in books.run(RECOVERIES, kind)] == [False, True]


def test_a_capture_that_goes_on_is_over(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime.now(UTC)
    monkeypatch.setattr(watch, "describe_waiting", lambda *_: "3 messages wait")
    for minutes in (0, 11):
        moment = now + dt.timedelta(minutes=minutes)
        watch.check_deadlines(books.dsn, books.kafka_config, as_of=moment)
    assert books.look(11 * 60 + 1).raised == 1
    deliver(books, log=Collector())
    watch.check_deadlines(books.dsn, books.kafka_config, as_of=now + dt.timedelta(minutes=12))
    assert len(books.run(RECOVERIES, "capture_stopped")) == 1
    look_again(books, monkeypatch, now + dt.timedelta(minutes=13))
    assert [row[0] for row in books.run(RECOVERIES, "capture_stopped")] == [False, True]


def test_a_service_is_over_when_someone_says_so(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("mine/mail/1", "other/mail/1"):
        note(books, "service_given_up", key)
    facts = {"kind": "service_given_up", "resolution": "started again"}
    assert resolve_findings(books.dsn, key_prefix="mine/", **facts) == 1
    assert resolve_findings(books.dsn, key_prefix="mine/", **facts) == 0
    assert books.look(1).raised == 1
    deliver(books, log=Collector())
    look_again(books, monkeypatch, dt.datetime.now(UTC))
    assert len(books.run(RECOVERIES, "service_given_up")) == 1
    resolve_findings(books.dsn, key_prefix="other/", **facts)
    look_again(books, monkeypatch, dt.datetime.now(UTC))
    assert len(books.run(RECOVERIES, "service_given_up")) == 2


def test_pauses_double_up_to_a_limit_and_begin_anew_after_a_quiet_time(books: Books) -> None:
    second, raised = 1, []
    for number in range(60):  # something new every five minutes
        note(books, "offsets_lost", f"b/{number}")
        second = 1 + number * 300
        if books.look(second).raised:
            raised.append(second)
    pauses = [after - before for before, after in itertools.pairwise(raised)]
    assert pauses[:4] == [300, 600, 1200, 2400]
    assert set(pauses[4:]) == {LONGEST_WINDOW_S}
    note(books, "offsets_lost", "b/after a quiet time")
    quiet = raised[-1] + 2 * LONGEST_WINDOW_S
    assert books.look(quiet).raised == 1
    note(books, "offsets_lost", "b/next")
    assert books.look(quiet + 299).raised == 0
    assert books.look(quiet + 301).raised == 1
