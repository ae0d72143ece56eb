"""Everything else that people must hear of: each once, and many of a kind in one message."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from posttrade import watch
from posttrade.alerts.findings import record_finding
from posttrade.backlog import Backlog
from posttrade.errors import Unavailable

from .conftest import DATE, Books

UTC = dt.timezone.utc
FINDINGS = "select kind, finding_key, business_date from control.alert_findings order by 1, 2"
# Thursday 2026-11-19: 11:00 in New York is 16:00 UTC
DUE = dt.datetime(2026, 11, 19, 16, tzinfo=UTC)
RECEIVED = "insert into control.received_counts values (1, 'executions', %s, 5, now())"
FIRST_BATCH = """
    insert into landing.batches (feed, status, message_count, staged_count, reject_count, run_id,
        drained_at)
    values ('executions', 'RECONCILED', 1, 1, 0, 'r', %s)
"""


def stop_batch(books: Books, batch_id: int = 7) -> None:
    books.run(
        "insert into landing.batches (batch_id, feed, status, message_count, staged_count,"
        " reject_count, run_id, status_reason) overriding system value"
        " values (%s, 'executions', 'STOPPED', 10, 10, 0, 'r', 'rule x is broken')",
        batch_id,
    )


def test_a_stopped_batch_is_alerted_once_until_it_stops_again(books: Books) -> None:
    stop_batch(books)
    assert books.look(1).raised == 1
    assert books.look(10_000).raised == 0
    kind, count, facts = books.alerts()[0]
    assert (kind, count) == ("batch_stopped", 1)
    assert facts["items"][0]["summary"] == (
        "batch 7 of feed executions, 10 messages: rule x is broken"
    )
    books.run(
        "insert into quality.results (suite, batch_id, run_id, is_success, evaluated_count,"
        " failed_count, errored_count, quarantined_count, duration_ms, result)"
        " values ('executions', 7, 'r', false, 1, 1, 0, 0, 1, '{}')"
    )
    assert books.look(20_000).raised == 1


def test_a_hundred_stopped_batches_are_one_alert(books: Books) -> None:
    for batch_id in range(100):
        stop_batch(books, batch_id)
    assert books.look(1).raised == 1
    ((_, count, facts),) = books.alerts()
    assert count == 100
    assert len(facts["items"]) == 10


def test_lost_offsets_are_alerted_with_their_number(books: Books) -> None:
    stop_batch(books)
    books.run("update landing.batches set status = 'RECONCILED'")
    books.run("insert into landing.batch_ranges values (7, 'trades', 3, 100, 160, 10, 0, 50)")
    assert books.look(1).raised == 1
    ((kind, _, facts),) = books.alerts()
    assert kind == "offsets_lost"
    assert "50 messages of trades, partition 3, from offset 100 on" in facts["items"][0]["summary"]


def test_a_finding_noted_twice_is_one(books: Books) -> None:
    for _ in range(2):
        record_finding(
            books.dsn, kind="close_failed", finding_key="run/1", summary="it\0 failed",
            next_step="clear it", business_date=DATE,
        )  # fmt: skip
    assert books.look(5).raised == 1
    assert books.alerts()[0][2]["items"] == [
        {"business_date": "2026-11-19", "summary": "it failed"}
    ]


@pytest.mark.parametrize(
    ("as_of", "late"),
    [
        (DUE - dt.timedelta(seconds=1), False),
        (DUE, True),
        (DUE + dt.timedelta(hours=23), True),
    ],
)
def test_a_feed_is_late_from_its_time_on(books: Books, as_of: dt.datetime, late: bool) -> None:
    books.run(FIRST_BATCH, DUE - dt.timedelta(days=1))
    assert books.find("find_late_feeds", as_of=as_of) == int(late)
    assert books.find("find_late_feeds", as_of=as_of) == int(late), "the same finding"
    expected = [("feed_late", f"executions by mid-morning/{DATE}", DATE)]
    assert books.run(FINDINGS) == (expected if late else [])


def test_a_feed_that_arrived_is_not_late(books: Books) -> None:
    books.run(FIRST_BATCH, DUE - dt.timedelta(days=3))
    books.run(RECEIVED, DATE - dt.timedelta(days=1))
    books.run(RECEIVED, DATE)
    assert books.find("find_late_feeds", as_of=DUE) == 0


@pytest.mark.parametrize("day", [dt.date(2026, 11, 21), dt.date(2026, 11, 26)])
def test_weekends_and_holidays_have_no_deadline(books: Books, day: dt.date) -> None:
    books.run(FIRST_BATCH, DUE)
    books.run(RECEIVED, day - dt.timedelta(days=1))  # else the day before is late
    as_of = dt.datetime.combine(day, dt.time(16, 30), UTC)
    assert books.find("find_late_feeds", as_of=as_of) == 0


def test_a_feed_never_seen_is_not_missed_unless_its_deadline_says_so(books: Books) -> None:
    books.run(FIRST_BATCH, DUE + dt.timedelta(minutes=1))
    assert books.find("find_late_feeds", as_of=DUE + dt.timedelta(minutes=2)) == 0
    books.run(
        "update reference.deadlines set effective_from = '2026-11-19' where feed = 'executions'"
    )
    assert books.find("find_late_feeds", as_of=DUE) == 1


def test_one_source_of_a_feed_can_be_late(books: Books) -> None:
    books.run(RECEIVED, DATE)
    books.run("select control.ensure_partitions('2026-11-19')")
    books.run(
        "update reference.deadlines set source_id = 'branch', effective_from = '2026-11-19'"
        " where feed = 'executions'"
    )
    assert books.find("find_late_feeds", as_of=DUE) == 1
    assert "from source branch" in books.run("select summary from control.alert_findings")[0][0]


def test_a_close_is_late_when_its_report_is_not_there(books: Books) -> None:
    evening = dt.datetime(2026, 11, 20, 1, tzinfo=UTC)  # 20:00 in New York
    assert books.find("find_late_closes", as_of=evening) == 0, "it never closed anything"
    books.run(
        "insert into control.closes"
        " values ('2026-11-18', true, '2026-11-18 23:05Z', '2026-11-18 23:05Z', 'r')"
    )
    books.run(
        "insert into report.versions values ('2026-11-18', 1, 'h', null, '{}', '[]', 'r', now())"
    )
    assert books.find("find_late_closes", as_of=evening - dt.timedelta(seconds=1)) == 0
    assert books.find("find_late_closes", as_of=evening) == 1
    assert books.run(FINDINGS) == [("close_late", f"report in the evening/{DATE}", DATE)]


def lag(monkeypatch: pytest.MonkeyPatch, waiting: int | Exception) -> None:
    def measure(dsn: str, kafka_config: Any) -> Backlog:
        if isinstance(waiting, Exception):
            raise waiting
        return Backlog((), waiting, 0)

    monkeypatch.setattr(watch, "measure_backlog", measure)


def at(minutes: float) -> dt.datetime:
    return dt.datetime(2026, 11, 21, 12, tzinfo=UTC) + dt.timedelta(minutes=minutes)


def check(books: Books, minutes: float) -> int:
    return watch.check_deadlines(books.dsn, books.kafka_config, as_of=at(minutes))


def note_drain(books: Books, minutes: float, rows: int = 5) -> None:
    books.run(
        "insert into control.step_runs (step, run_id, rows_in, started_at, finished_at, outcome)"
        " values ('trade_capture/drain_feeds', 'r', %s, %s, %s, 'DONE')",
        rows, at(minutes), at(minutes),
    )  # fmt: skip


@pytest.mark.parametrize("waiting", [3, Unavailable("the broker does not answer")])
def test_a_capture_that_stands_still_is_found_once(
    books: Books, monkeypatch: pytest.MonkeyPatch, waiting: int | Exception
) -> None:
    lag(monkeypatch, waiting)
    assert [check(books, minutes) for minutes in (0, 5, 9.9, 10, 10.5, 60)] == [0, 0, 0, 1, 0, 0]
    lag(monkeypatch, 0)
    assert check(books, 61) == 0
    lag(monkeypatch, 3)
    assert [check(books, minutes) for minutes in (62, 73)] == [0, 1]


def test_a_capture_that_is_slow_but_moves_does_not_stand_still(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    lag(monkeypatch, 1_000_000)
    found = 0
    for minutes in range(0, 60, 4):
        found += check(books, minutes)
        note_drain(books, minutes + 1)
    assert found == 0


def test_nothing_waits_at_night(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    lag(monkeypatch, 0)
    assert [check(books, minutes) for minutes in (0, 300, 600)] == [0, 0, 0]
