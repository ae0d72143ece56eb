"""Which days a market trades, and on which days it settles: two calendars, rarely the same.

Trading sessions come from exchange_calendars, bank and settlement holidays from QuantLib. Both are
imported where they are used: the first alone costs more than a second.
"""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import functools
from collections.abc import Iterable

from posttrade.errors import ConfigurationError

# exchange_calendars begins twenty years ago unless asked
FIRST_DATE = dt.date(1990, 1, 1)
YEARS_AHEAD = 2
FRIDAY = 5

HOUSE_CALENDAR = "XNYS"
EXCHANGES = ("XNYS", "XLON", "XETR", "XSWX", "XTSE", "XMEX", "CMES")
# a calendar id to the names of the calendars that must all be open
JOINED = {
    "US_SETTLEMENT": ("XNYS", "FEDERAL_RESERVE"),
    "CANADA_SETTLEMENT": ("XTSE", "CANADA_BANKS"),
    "MEXICO_SETTLEMENT": ("XMEX",),
    "UK_SETTLEMENT": ("UK_BANKS",),
    "SWISS_SETTLEMENT": ("XSWX", "SWISS_BANKS"),
    "INDIA_SETTLEMENT": ("XBOM",),
    "FUTURES_SETTLEMENT": ("CMES", "FEDERAL_RESERVE"),
    # spot: both currencies and the US dollar are open
    "FX_SETTLEMENT": ("FEDERAL_RESERVE", "TARGET"),
    "GBPUSD_SETTLEMENT": ("FEDERAL_RESERVE", "UK_BANKS"),
    "USDJPY_SETTLEMENT": ("FEDERAL_RESERVE", "JAPAN_BANKS"),
    "EURGBP_SETTLEMENT": ("FEDERAL_RESERVE", "TARGET", "UK_BANKS"),
    "USDCHF_SETTLEMENT": ("FEDERAL_RESERVE", "SWISS_BANKS"),
    "USDCAD_SETTLEMENT": ("FEDERAL_RESERVE", "CANADA_BANKS"),
    "USDINR_SETTLEMENT": ("FEDERAL_RESERVE", "INDIA_EXCHANGE_HOLIDAYS"),
    # the days between are counted without the US dollar's holidays
    "EURGBP_COUNTING": ("TARGET", "UK_BANKS"),
}
BANKS = (
    "FEDERAL_RESERVE",
    "US_GOVERNMENT_BONDS",
    "TARGET",
    "UK_BANKS",
    "CANADA_BANKS",
    "SWISS_BANKS",
    "JAPAN_BANKS",
    "INDIA_EXCHANGE_HOLIDAYS",
)
CALENDAR_IDS = (*EXCHANGES, "XBOM", "WEEKDAYS", *BANKS, *JOINED)


def last_known_date(today: dt.date) -> dt.date:
    """How far calendars are laid out: the end of the year after next."""
    return dt.date(today.year + YEARS_AHEAD, 12, 31)


@dataclasses.dataclass(frozen=True)
class BusinessCalendar:
    """One calendar over a span of dates.

    Attributes:
        calendar_id: one of ``CALENDAR_IDS``.
        first_date, last_date: the span, inclusive; outside it nothing is known.
        days: its business days, ascending.
    """

    calendar_id: str
    first_date: dt.date
    last_date: dt.date
    days: tuple[dt.date, ...] = dataclasses.field(repr=False)

    @classmethod
    def load(
        cls, calendar_id: str = HOUSE_CALENDAR, *, last_date: dt.date | None = None
    ) -> BusinessCalendar:
        """Lay out a calendar from 1990 to the end of the year after next.

        Raises:
            ConfigurationError: no calendar of this id.
        """
        last = last_date or last_known_date(dt.datetime.now(dt.timezone.utc).date())
        return _load(calendar_id, last)

    def is_business_day(self, date: dt.date) -> bool:
        """Whether the market is open on this date.

        Raises:
            ConfigurationError: the date lies outside the calendar's span.
        """
        self._require(date)
        place = bisect.bisect_left(self.days, date)
        return place < len(self.days) and self.days[place] == date

    def next_business_day(self, date: dt.date) -> dt.date:
        """The first business day after this date."""
        return self.add_business_days(date, 1)

    def previous_business_day(self, date: dt.date) -> dt.date:
        """The last business day before this date."""
        self._require(date)
        return self._at(bisect.bisect_left(self.days, date) - 1, date)

    def add_business_days(self, date: dt.date, count: int) -> dt.date:
        """The date ``count`` (≥ 0) business days later; 0 gives the date, or the next open one."""
        self._require(date)
        if count == 0:
            return self._at(bisect.bisect_left(self.days, date), date)
        return self._at(bisect.bisect_right(self.days, date) + count - 1, date)

    def business_days(self, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
        """The business days from ``first`` to ``last``, both included."""
        start, end = bisect.bisect_left(self.days, first), bisect.bisect_right(self.days, last)
        return self.days[start:end]

    def _at(self, place: int, date: dt.date) -> dt.date:
        if not 0 <= place < len(self.days):
            raise ConfigurationError(
                f"calendar {self.calendar_id} knows {self.first_date} to {self.last_date}: no "
                f"business day could be found from {date}"
            )
        return self.days[place]

    def _require(self, date: dt.date) -> None:
        if not self.first_date <= date <= self.last_date:
            raise ConfigurationError(
                f"calendar {self.calendar_id} knows {self.first_date} to {self.last_date}; "
                f"{date} lies outside"
            )


@functools.lru_cache(maxsize=64)
def _load(calendar_id: str, last: dt.date) -> BusinessCalendar:
    if calendar_id in JOINED:
        parts = (set(_load(part, last).days) for part in JOINED[calendar_id])
        days: Iterable[dt.date] = set.intersection(*parts)
    elif calendar_id == "WEEKDAYS":
        days = _weekdays(FIRST_DATE, last)
    elif calendar_id == "XBOM":
        days = _load_bombay(last)
    elif calendar_id in EXCHANGES:
        days = _load_exchange(calendar_id, FIRST_DATE, last)
    elif calendar_id in BANKS:
        days = _load_bank(calendar_id, FIRST_DATE, last)
    else:
        known = ", ".join(CALENDAR_IDS)
        raise ConfigurationError(f"no calendar {calendar_id!r}; there are: {known}")
    return BusinessCalendar(calendar_id, FIRST_DATE, last, tuple(sorted(days)))


def _weekdays(first: dt.date, last: dt.date) -> list[dt.date]:
    span = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in span if day.isoweekday() <= FRIDAY]


def _load_exchange(calendar_id: str, first: dt.date, last: dt.date) -> list[dt.date]:
    import exchange_calendars

    calendar = exchange_calendars.get_calendar(
        calendar_id, start=first.isoformat(), end=last.isoformat()
    )
    return [session.date() for session in calendar.sessions]


def _load_bombay(last: dt.date) -> list[dt.date]:
    """Sessions as recorded; where none are recorded, the holidays that QuantLib knows."""
    from exchange_calendars.exchange_calendar_xbom import XBOMExchangeCalendar

    one_day = dt.timedelta(days=1)
    begin = XBOMExchangeCalendar.bound_min().date()
    end = min(last, XBOMExchangeCalendar.bound_max().date())
    return [
        *_load_bank("INDIA_EXCHANGE_HOLIDAYS", FIRST_DATE, begin - one_day),
        *_load_exchange("XBOM", begin, end),
        *_load_bank("INDIA_EXCHANGE_HOLIDAYS", end + one_day, last),
    ]


def _load_bank(calendar_id: str, first: dt.date, last: dt.date) -> list[dt.date]:
    import QuantLib

    if first > last:
        return []
    calendar = {
        "FEDERAL_RESERVE": lambda: QuantLib.UnitedStates(QuantLib.UnitedStates.FederalReserve),
        "US_GOVERNMENT_BONDS": lambda: QuantLib.UnitedStates(QuantLib.UnitedStates.GovernmentBond),
        "TARGET": QuantLib.TARGET,
        "UK_BANKS": lambda: QuantLib.UnitedKingdom(QuantLib.UnitedKingdom.Settlement),
        "CANADA_BANKS": lambda: QuantLib.Canada(QuantLib.Canada.Settlement),
        "SWISS_BANKS": QuantLib.Switzerland,
        "JAPAN_BANKS": QuantLib.Japan,
        "INDIA_EXCHANGE_HOLIDAYS": QuantLib.India,
    }[calendar_id]()
    begin, end = (QuantLib.Date(day.day, day.month, day.year) for day in (first, last))
    found = calendar.businessDayList(begin, end)
    return [dt.date(day.year(), day.month(), day.dayOfMonth()) for day in found]
