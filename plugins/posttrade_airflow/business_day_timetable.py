"""The schedule of ``end_of_day``: one run for each session of an exchange, after its close.

A run belongs to a business date, not to an instant: the date is the run's partition key
(``2026-11-12``), its partition date is that day's midnight in the exchange's zone, and the run is
due at the closing time of the same day. A backfill from A to B asks for partition dates from
midnight A to midnight B and therefore covers both days.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow._shared.timezones.timezone import (
    coerce_datetime,
    convert_to_utc,
    make_aware,
    parse_timezone,
    utcnow,
)
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable

if TYPE_CHECKING:
    from airflow.timetables.base import TimeRestriction
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

FIRST_RUN_GRACE = dt.timedelta(hours=1)
YEARS_LAID_OUT = 10


def find_session(calendar_id: str, day: dt.date, step: int) -> dt.date:
    """First session after ``day`` (``step`` = 1) or before it (-1).

    Slow the first time: loads the exchange's calendar.
    """
    from posttrade.business_calendar import FIRST_DATE, BusinessCalendar

    # whole decades, so that a scheduler that runs for years finds the calendar in the cache
    last_year = (day.year // YEARS_LAID_OUT + 2) * YEARS_LAID_OUT
    calendar = BusinessCalendar.load(calendar_id, last_date=dt.date(last_year, 12, 31))
    if step < 0:
        return calendar.previous_business_day(day)
    return calendar.add_business_days(max(day + dt.timedelta(days=1), FIRST_DATE), 0)


class BusinessDayTimetable(Timetable):
    """One run per session of an exchange.

    Args:
        calendar: name of the exchange's calendar, e.g. ``XNYS``.
        closing_time: ``HH:MM`` local time at which a day's run is due, also on early closes.
        timezone: IANA name of the exchange's zone.
        catch_up_sessions_max: after an outage, with ``catchup=True``, this many of the newest
            missed days are run by themselves; older ones are a person's decision (a backfill).

    A new instance starts with the next close, never in the past, whatever the Dag's start date is
    (it only holds back). A backfill is not a point to catch up from: it says nothing about the days
    between it and today.
    """

    partitioned = True
    run_ordering = ("run_after",)

    def __init__(
        self,
        *,
        calendar: str = "XNYS",
        closing_time: str = "18:00",
        timezone: str = "America/New_York",
        catch_up_sessions_max: int = 10,
    ) -> None:
        self._calendar = calendar
        self._closing_time = dt.time.fromisoformat(closing_time)
        self._timezone = parse_timezone(timezone)
        self._timezone_name = timezone
        self._catch_up_sessions_max = catch_up_sessions_max
        self.description = f"Business days of {calendar} at {closing_time} {timezone}"

    @property
    def summary(self) -> str:
        """Shown beside the Dag's name."""
        return f"{self._calendar} business days {self._closing_time:%H:%M}"

    def serialize(self) -> dict[str, Any]:
        """Arguments as JSON."""
        return {
            "calendar": self._calendar,
            "closing_time": self._closing_time.strftime("%H:%M"),
            "timezone": self._timezone_name,
            "catch_up_sessions_max": self._catch_up_sessions_max,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> BusinessDayTimetable:
        """The timetable from `serialize`'s JSON."""
        return cls(**data)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """A run by hand has no interval of its own; the instant it was asked for stands in."""
        return DataInterval.exact(run_after)

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next day to close, after the last automatic run."""
        now = utcnow()
        newest_closed = self._newest_closed(now)
        if last_dagrun_info is not None and not self._is_backfill(last_dagrun_info):
            day = self._session_after(self._business_date(last_dagrun_info))
            oldest = self._oldest_to_catch_up(newest_closed, restriction.catchup)
        else:
            # the grace keeps a close that falls between two looks of the scheduler
            day = oldest = self._session_due_from(now - FIRST_RUN_GRACE)
        if restriction.earliest is not None:
            day = max(day, self._session_due_from(restriction.earliest))
        info = self._scheduled_run(max(day, oldest))
        if restriction.latest is not None and info.run_after > restriction.latest:
            return None
        return info

    def iter_partition_dagrun_infos(
        self, *, earliest: dt.datetime, latest: dt.datetime
    ) -> Iterable[DagRunInfo]:
        """Sessions for a backfill, both bounds included; days not over yet are left out."""
        first = self.localize_partition_datetime(earliest)
        last = min(self.localize_partition_datetime(latest), self._midnight(self._newest_closed()))
        day = self._session_after(first.in_timezone(self._timezone).date() - dt.timedelta(days=1))
        while (midnight := self._midnight(day)) <= last:
            if midnight >= first:
                yield DagRunInfo(
                    run_after=midnight,
                    data_interval=None,
                    partition_date=midnight,
                    partition_key=day.isoformat(),
                )
            day = self._session_after(day)

    def localize_partition_datetime(self, dt: dt.datetime) -> DateTime:
        """A bound typed by a person, read in the exchange's zone."""
        return convert_to_utc(make_aware(dt.replace(tzinfo=None), self._timezone))

    def _decode_partition_date(self, partition_key: str) -> dt.datetime:
        try:
            return self._midnight(dt.date.fromisoformat(partition_key))
        except ValueError as error:
            raise InvalidPartitionKeyError(
                f"partition key {partition_key!r} is no business date: give one as YYYY-MM-DD"
            ) from error

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: DateTime,
        data_interval: DataInterval | None,  # noqa: ARG002
        **extra: Any,
    ) -> str:
        """Type, business date where there is one, and a suffix: a date may be run many times."""
        label = extra.get("partition_key") or run_after.isoformat()
        return run_type.generate_run_id(suffix=f"{label}__{uuid.uuid4().hex[:8]}")

    def _midnight(self, day: dt.date) -> DateTime:
        return self._instant(day, dt.time())

    def _instant(self, day: dt.date, time: dt.time) -> DateTime:
        return convert_to_utc(make_aware(dt.datetime.combine(day, time), self._timezone))

    def _scheduled_run(self, day: dt.date) -> DagRunInfo:
        return DagRunInfo(
            run_after=self._instant(day, self._closing_time),
            data_interval=None,
            partition_date=self._midnight(day),
            partition_key=day.isoformat(),
        )

    def _is_backfill(self, info: DagRunInfo) -> bool:
        return info.run_after == info.partition_date

    def _business_date(self, info: DagRunInfo) -> dt.date:
        return dt.date.fromisoformat(str(info.partition_key))

    def _session_after(self, day: dt.date) -> dt.date:
        return find_session(self._calendar, day, 1)

    def _session_due_from(self, instant: dt.datetime) -> dt.date:
        local = coerce_datetime(instant).in_timezone(self._timezone)
        day = self._session_after(local.date() - dt.timedelta(days=1))
        if self._instant(day, self._closing_time) < instant:
            day = self._session_after(day)
        return day

    def _newest_closed(self, now: dt.datetime | None = None) -> dt.date:
        now = now or utcnow()
        local = coerce_datetime(now).in_timezone(self._timezone)
        day = find_session(self._calendar, local.date() + dt.timedelta(days=1), -1)
        if self._instant(day, self._closing_time) > now:
            day = find_session(self._calendar, day, -1)
        return day

    def _oldest_to_catch_up(self, newest_closed: dt.date, catchup: bool) -> dt.date:
        day = newest_closed
        for _ in range(self._catch_up_sessions_max - 1 if catchup else 0):
            day = find_session(self._calendar, day, -1)
        return day
