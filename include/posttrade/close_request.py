"""Whether a person who asks for the close of a date can mean that date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from posttrade.backlog import is_capture_idle, read_watermarks
from posttrade.business_calendar import HOUSE_CALENDAR
from posttrade.database import connect
from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

HOUSE_ZONE = ZoneInfo("America/New_York")
FIRST_YEAR = 1990  # the calendars begin there


def check_date(
    dsn: str,
    kafka_config: Mapping[str, Any],
    business_date: dt.date,
    *,
    today: dt.date | None = None,
) -> str | None:
    """Refuse a date that is probably a slip of the hand.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        business_date: the date to close.
        today: the date in the house's zone; now when left out.

    Returns:
        What is unusual about the date and yet no reason to refuse it, if anything.

    Raises:
        ConfigurationError: the date is in the future, before any calendar, or nothing at all was
            received for it although everything that was sent is drained.
        Unavailable: database or broker do not answer.
    """
    today = today or dt.datetime.now(HOUSE_ZONE).date()
    if business_date > today:
        raise ConfigurationError(
            f"{business_date} is in the future (today is {today}): nothing of it can be complete. "
            "Close it anyway with --force"
        )
    if business_date.year < FIRST_YEAR:
        raise ConfigurationError(
            f"{business_date} is before {FIRST_YEAR}, where every calendar begins: is the year "
            "right? Close it anyway with --force"
        )
    facts = _read_facts(dsn, business_date)
    kinds = {True: "a business day", False: "no business day", None: "in no calendar"}
    kind = kinds[facts["is_business_day"]]
    if facts["message_count"] or facts["is_closed_before"]:
        return None if facts["is_business_day"] else f"{business_date} is {kind} of the house"
    if facts["has_stopped_batches"] or not is_capture_idle(dsn, read_watermarks(kafka_config)):
        return None  # what waits may be of the date, and the close itself sees to that
    raise ConfigurationError(
        f"nothing was received for {business_date}, which is {kind} of the house, and nothing "
        "waits in Kafka. If the day is meant to be empty, close it with --force"
    )


def _read_facts(dsn: str, business_date: dt.date) -> dict[str, Any]:
    with connect(dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            read_statement("closes/read_date"),
            {"business_date": business_date, "calendar_id": HOUSE_CALENDAR},
        )
        return cursor.fetchone() or {}
