"""Calendars: New York against a published list, settlement days apart from sessions."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from posttrade.business_calendar import CALENDAR_IDS, FIRST_DATE, BusinessCalendar
from posttrade.errors import ConfigurationError

HOLIDAYS = Path(__file__).parent / "fixtures" / "nyse_holidays.csv"
LAST = dt.date(2028, 12, 31)


def _holidays() -> list[dict[str, str]]:
    with HOLIDAYS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_new_york_is_closed_exactly_on_the_published_days() -> None:
    calendar = BusinessCalendar.load("XNYS", last_date=LAST)
    first = dt.date(2025, 1, 1)
    weekdays = [
        first + dt.timedelta(days=n)
        for n in range((LAST - first).days + 1)
        if (first + dt.timedelta(days=n)).isoweekday() <= 5
    ]
    closed = {day for day in weekdays if not calendar.is_business_day(day)}
    published = {
        dt.date.fromisoformat(row["date"])
        for row in _holidays()
        if row["kind"].startswith("closed")
    }
    assert closed == published


@pytest.mark.parametrize(
    ("date", "trades", "settles"),
    [
        (dt.date(2026, 10, 12), True, False),  # Columbus Day
        (dt.date(2026, 11, 11), True, False),  # Veterans Day
        (dt.date(2026, 4, 3), False, False),  # Good Friday: the Federal Reserve is open
        (dt.date(2026, 11, 27), True, True),  # early close
    ],
)
def test_settlement_days_are_not_sessions(date: dt.date, trades: bool, settles: bool) -> None:
    assert BusinessCalendar.load("XNYS", last_date=LAST).is_business_day(date) is trades
    assert BusinessCalendar.load("US_SETTLEMENT", last_date=LAST).is_business_day(date) is settles


@pytest.mark.parametrize("calendar_id", CALENDAR_IDS)
def test_every_calendar_reaches_from_1990(calendar_id: str) -> None:
    calendar = BusinessCalendar.load(calendar_id, last_date=LAST)
    assert FIRST_DATE <= calendar.days[0] <= dt.date(1990, 1, 4)
    assert dt.date(2028, 12, 25) <= calendar.days[-1] <= LAST
    assert all(day.isoweekday() <= 5 for day in calendar.days[-250:])


def test_moving_along_a_calendar() -> None:
    calendar = BusinessCalendar.load("XNYS", last_date=LAST)
    friday, saturday, monday = dt.date(2026, 11, 20), dt.date(2026, 11, 21), dt.date(2026, 11, 23)
    assert calendar.next_business_day(friday) == calendar.next_business_day(saturday) == monday
    assert calendar.previous_business_day(monday) == friday
    assert calendar.previous_business_day(saturday) == friday
    assert calendar.add_business_days(saturday, 0) == monday
    assert calendar.add_business_days(friday, 0) == friday
    assert calendar.add_business_days(monday, 3) == dt.date(2026, 11, 27)  # over Thanksgiving
    assert calendar.business_days(friday, monday) == (friday, monday)


def test_unknown_calendars_and_dates_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no calendar 'MOON'"):
        BusinessCalendar.load("MOON")
    with pytest.raises(ConfigurationError, match="lies outside"):
        BusinessCalendar.load("XNYS", last_date=LAST).is_business_day(dt.date(1989, 12, 29))
