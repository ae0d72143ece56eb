"""When messages came: the broker's timestamps, where they can be believed."""

from __future__ import annotations

import datetime as dt

from posttrade.contracts.values import FIRST_INSTANT_DATE


class MessageClock:
    """Instants of messages as the broker tells them.

    One that is absent, or outside the dates that the product believes, is replaced by the start of
    the drain's day: a client may set anything there, and the calendars end.
    """

    def __init__(self, received_on: dt.date, latest: dt.date) -> None:
        self.received_on = received_on
        self._now_ms = _ms_of(received_on)
        self._first_ms = _ms_of(FIRST_INSTANT_DATE)
        self._last_ms = _ms_of(latest)
        self._seconds: dict[int, str] = {}

    def settle(self, timestamps_ms: list[int]) -> list[int]:
        """Instants in milliseconds since 1970, with the unbelievable ones replaced."""
        if not timestamps_ms:
            return []
        if self._first_ms <= min(timestamps_ms) and max(timestamps_ms) <= self._last_ms:
            return timestamps_ms
        return [
            at if self._first_ms <= at <= self._last_ms else self._now_ms for at in timestamps_ms
        ]

    def texts(self, arrived_ms: list[int]) -> list[str]:
        """Instants as text; the same one is written once."""
        known = {at_ms: self._text(at_ms) for at_ms in set(arrived_ms)}
        return list(map(known.__getitem__, arrived_ms))

    def _text(self, at_ms: int) -> str:
        second, ms = divmod(at_ms, 1000)
        if second not in self._seconds:
            self._seconds[second] = str(instant_of(second * 1000))[:19]
        return f"{self._seconds[second]}.{ms:03d}+00:00"


def _ms_of(date: dt.date) -> int:
    return (date - dt.date(1970, 1, 1)).days * 86_400_000


def instant_of(at_ms: int) -> dt.datetime:
    """An instant from milliseconds since 1970."""
    return dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.timezone.utc)
