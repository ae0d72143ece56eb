"""When trades happen: busy at the open and at the close of each market, quiet around noon."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from posttrade.errors import ConfigurationError
from posttrade.simulator.catalogue import Session

MINUTES_A_DAY = 1440
MINUTE_MS = 60_000
EDGE_WEIGHT = 4  # volume in the first and last minute, compared with the middle of the session


class Rhythm:
    """Spreads a day's trades over its minutes, and each minute's over the markets then open.

    Instants are milliseconds of the UTC day that bears the business date. Only whole numbers and
    basic float operations, so that every machine gets the same instants.
    """

    def __init__(self, sessions: Sequence[Session], business_date: dt.date) -> None:
        self._sessions = sessions
        by_session = [_minute_weights(session, business_date) for session in sessions]
        self._by_minute = [
            list(itertools.accumulate(weights[minute] for weights in by_session))
            for minute in range(MINUTES_A_DAY)
        ]
        self._minute_ends = list(itertools.accumulate(each[-1] for each in self._by_minute))
        self._total = self._minute_ends[-1]

    def instant_of(self, share_of_day: float) -> int:
        """The instant until which this share (0 to 1, exclusive) of the day's trades are done."""
        target = share_of_day * self._total
        minute = bisect.bisect_right(self._minute_ends, target)
        weight = self._by_minute[minute][-1]
        into = target - (self._minute_ends[minute] - weight)
        return minute * MINUTE_MS + int(into * MINUTE_MS / weight)

    def session_at(self, instant_ms: int, chance: float) -> Session:
        """One of the markets open at the instant, by their weights."""
        ends = self._by_minute[instant_ms // MINUTE_MS]
        return self._sessions[bisect.bisect_right(ends, chance * ends[-1])]


def _minute_weights(session: Session, business_date: dt.date) -> list[int]:
    first, end = (
        _utc_minute(session, business_date, time) for time in (session.opens_at, session.closes_at)
    )
    length = end - first
    volume = session.cumulative_weights[-1] * MINUTES_A_DAY // length
    weights = [0] * MINUTES_A_DAY
    for minute in range(first, end):
        from_middle = 2 * (minute - first) - length
        squeezed = (EDGE_WEIGHT - 1) * from_middle * from_middle
        weights[minute] = volume * (length * length + squeezed) // (length * length) + 1
    return weights


def _utc_minute(session: Session, business_date: dt.date, time: dt.time) -> int:
    local = dt.datetime.combine(business_date, time, tzinfo=ZoneInfo(session.timezone))
    instant = local.astimezone(dt.timezone.utc)
    if instant.date() != business_date:
        raise ConfigurationError(
            f"sessions.csv: {session.market_id} trades outside the UTC day {business_date}"
        )
    return instant.hour * 60 + instant.minute
