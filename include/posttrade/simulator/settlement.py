"""Settlement dates of a simulated day, by the product's own cycles and calendars."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from posttrade.business_calendar import HOUSE_CALENDAR, BusinessCalendar
from posttrade.simulator.catalogue import REFERENCE_DATA, Instrument, read_rows

HOUSE_ZONE = ZoneInfo("America/New_York")
HOUSE_CLOSES_AT = dt.time(16, 0)
REACH = dt.timedelta(days=60)  # further than any cycle and run of holidays
SPOT_DAYS = 2  # where no cycle is in force


class SettlementDates:
    """Settlement dates for trades of one date; calendars are read when they are first needed."""

    def __init__(self, trade_date: dt.date, reference_data: Path = REFERENCE_DATA) -> None:
        self._trade_date = trade_date
        self._markets = {row["market_id"]: row for row in read_rows(reference_data / "markets.csv")}
        self._settlement_market_ids = {
            row["symbol"]: row["settlement_market_id"] or row["market_id"]
            for row in read_rows(reference_data / "instruments.csv")
        }
        in_force = [
            row
            for row in read_rows(reference_data / "settlement_cycles.csv")
            if dt.date.fromisoformat(row["effective_from"]) <= trade_date
        ]
        self._days_after_trade = {
            (row["market_id"], row["asset_class"]): int(row["days_after_trade"])
            for row in sorted(in_force, key=lambda row: row["effective_from"])
        }

    def of_instrument(self, instrument: Instrument) -> dt.date:
        """T+n of the market that settles it, on a day on which that market settles.

        Raises:
            ConfigurationError: the calendar does not reach the date.
        """
        market_id, market = self._market_of(instrument)
        last_date = self._trade_date + REACH
        settles = BusinessCalendar.load(market["settlement_calendar"], last_date=last_date)
        counts = settles
        if market["counting_calendar"]:
            counts = BusinessCalendar.load(market["counting_calendar"], last_date=last_date)
        days = self._days_after_trade.get((market_id, instrument.asset_class), SPOT_DAYS)
        return settles.add_business_days(counts.add_business_days(self._trade_date, days), 0)

    def is_open_for(self, instrument: Instrument) -> bool:
        """Whether the market that settles it settles on the trade date itself.

        Raises:
            ConfigurationError: the calendar does not reach the date.
        """
        _, market = self._market_of(instrument)
        last_date = self._trade_date + REACH
        calendar = BusinessCalendar.load(market["settlement_calendar"], last_date=last_date)
        return calendar.is_business_day(self._trade_date)

    def _market_of(self, instrument: Instrument) -> tuple[str, dict[str, str]]:
        market_id = self._settlement_market_ids.get(instrument.symbol, instrument.market_id)
        return market_id, self._markets[market_id]


def latest_session(now: dt.datetime) -> dt.date:
    """The latest New York session that is over."""
    local = now.astimezone(HOUSE_ZONE)
    calendar = BusinessCalendar.load(HOUSE_CALENDAR, last_date=local.date())
    today = local.date()
    if calendar.is_business_day(today) and local.time() >= HOUSE_CLOSES_AT:
        return today
    return calendar.previous_business_day(today)
