"""What goes into and comes out of reading messages: arrivals, sources, rejects, columns."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from posttrade.errors import DataRejected

Column = list[str]
PartialColumn = list[str | None]
UTC_ZONE = "UTC"
DATE_AND_TIME_LENGTH = 19


@dataclasses.dataclass(frozen=True)
class Source:
    """A system that sends trades: its zone gives the business date, the rest stands in."""

    source_id: str
    timezone: str
    currency: str
    counterparty_id: str


@dataclasses.dataclass
class Arrivals:
    """Raw messages side by side, one position each.

    Attributes:
        arrived_at: instant of each message, as text that PostgreSQL reads.
        versions: contract version that each names, None when unreadable.
        refusals: why some are refused whatever their payload says, by their position.
    """

    partitions: list[int]
    offsets: list[int]
    arrived_at: list[str]
    versions: list[int | None]
    payloads: list[bytes | None]
    refusals: Mapping[int, DataRejected] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Columns:
    """Values of many messages as text, by field name.

    A message that leaves a field out has None there. A field that all leave out is in neither.
    """

    complete: dict[str, Column]
    partial: dict[str, PartialColumn]


@dataclasses.dataclass(frozen=True)
class Reject:
    """A message that broke its contract."""

    partition: int
    offset: int
    business_date: dt.date
    # false: the message states neither a date nor an instant, and its trade may tell
    is_date_stated: bool
    reason: str
    detail: str
    trade_id: str | None
    payload: bytes | None


@dataclasses.dataclass
class Staged:
    """What a feed's messages became: COPY text of the staging rows, and the rejects."""

    blocks: list[str]
    row_count: int
    rejects: list[Reject]


def source_zone(sources: Mapping[str, Source], source_id: str) -> str:
    """The zone of a source; UTC when it is not known."""
    source = sources.get(source_id)
    return UTC_ZONE if source is None else source.timezone


def local_date(instant: str, zone: str) -> str:
    """The calendar date in a zone at an instant given as text; without an offset it is UTC."""
    end = instant[DATE_AND_TIME_LENGTH:]
    offset = end[-6:] if end and end[-6:-5] in ("+", "-") else "+00:00"
    return _local_date(instant[:16] + offset, zone)


@functools.lru_cache(maxsize=100_000)
def _local_date(minute: str, zone: str) -> str:
    return str(dt.datetime.fromisoformat(minute).astimezone(ZoneInfo(zone)).date())
