"""Which of the broker's timestamps are believed."""

from __future__ import annotations

import datetime as dt

from posttrade.message_clock import MessageClock

RECEIVED_ON = dt.date(2026, 11, 20)
LATEST = dt.date(2027, 11, 20)


def at_ms(instant: str) -> int:
    return int(dt.datetime.fromisoformat(instant + "+00:00").timestamp() * 1000)


def test_an_instant_outside_the_calendars_is_that_of_the_drain() -> None:
    """Also one that is inside them in UTC, and the day before them in New York."""
    clock = MessageClock(RECEIVED_ON, LATEST)
    strange = [1, at_ms("1990-01-01T00:00:00"), at_ms("9999-12-31T23:59:59"), -1]
    good = [at_ms("1990-01-02T00:00:00"), at_ms("2026-11-20T15:00:00")]
    assert clock.settle(strange) == [at_ms("2026-11-20T00:00:00")] * 4
    assert clock.settle(good) == good
    assert clock.settle(good + strange[:1])[:2] == good
