"""A date that nobody can have meant is not closed by a slip of the hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest

from posttrade import close_request
from posttrade.errors import ConfigurationError

TODAY = dt.date(2026, 11, 20)
BUSINESS_DAY = dt.date(2026, 11, 18)
SATURDAY = dt.date(2026, 11, 14)
RECEIVED = "insert into control.received_counts values (1, 'executions', %s, 5, now())"
Check = Callable[[dt.date], "str | None"]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    state = {"idle": True}
    monkeypatch.setattr(close_request, "read_watermarks", lambda _: {})
    monkeypatch.setattr(close_request, "is_capture_idle", lambda *_: state["idle"])
    return state


@pytest.fixture
def check(trade_dsn: str, state: dict[str, bool]) -> Check:
    assert state
    return lambda date: close_request.check_date(trade_dsn, {}, date, today=TODAY)


def run(dsn: str, statement: str, *parameters: object) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement.encode(), parameters or None)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (dt.date(2026, 11, 21), "in the future"),
        (dt.date(9999, 12, 31), "in the future"),
        (dt.date(206, 11, 18), "is the year right"),
        (BUSINESS_DAY, "nothing was received"),
        (SATURDAY, "nothing was received"),
    ],
)
def test_an_unlikely_date_is_refused_and_force_is_named(
    check: Check, date: dt.date, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as told:
        check(date)
    assert "--force" in str(told.value)


def test_a_date_with_messages_is_closed(check: Check, trade_dsn: str) -> None:
    run(trade_dsn, RECEIVED, BUSINESS_DAY)
    check(BUSINESS_DAY)


def test_a_date_that_was_closed_is_closed_again(check: Check, trade_dsn: str) -> None:
    run(
        trade_dsn,
        "insert into control.closes (business_date, is_business_day, last_run_id)"
        " values (%s, true, 'r')",
        BUSINESS_DAY,
    )
    check(BUSINESS_DAY)


def test_what_waits_may_be_of_the_date(
    check: Check, trade_dsn: str, state: dict[str, bool]
) -> None:
    state["idle"] = False
    assert check(BUSINESS_DAY) is None
    state["idle"] = True
    with pytest.raises(ConfigurationError):
        check(BUSINESS_DAY)
    run(
        trade_dsn,
        "insert into landing.batches (feed, status, message_count, staged_count, reject_count,"
        " run_id) values ('executions', 'STOPPED', 1, 1, 0, 'r')",
    )
    assert check(BUSINESS_DAY) is None
