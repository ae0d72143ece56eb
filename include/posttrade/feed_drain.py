"""One feed's part of a drain, kept between calls: its consumer, its place and its writer."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from posttrade.batch_store import ReadyBatch
from posttrade.contracts.message import stated_version
from posttrade.contracts.rows import Arrivals, Source
from posttrade.contracts.schema import read_contract
from posttrade.contracts.staging import StagingWriter
from posttrade.contracts.values import DAYS_AHEAD_MAX
from posttrade.errors import DataRejected
from posttrade.feed_reader import FETCH_CONFIG, FeedReader, RawBatch
from posttrade.feeds import Feed
from posttrade.message_blocks import encode_blocks
from posttrade.message_clock import MessageClock, instant_of
from posttrade.message_headers import UNREADABLE
from posttrade.partition_progress import PartitionProgress
from posttrade.watermarks import open_consumer

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Day:
    """What the rows of a batch depend on besides its messages.

    Attributes:
        received_on: UTC date of the drain.
        sources: every known source by its id.
    """

    received_on: dt.date
    sources: Mapping[str, Source]


class FeedDrain:
    """Reads a feed and makes its batches ready to be stored.

    The consumer keeps its assignment, so that new messages are here already when they are asked
    for.

    Args:
        feed: the feed.
        kafka_config: client settings of the broker.
    """

    def __init__(self, feed: Feed, kafka_config: Mapping[str, Any]) -> None:
        self.feed = feed
        self._kafka_config = kafka_config
        self._resources = contextlib.ExitStack()
        self._reader: FeedReader | None = None
        self._day: Day | None = None

    def close(self) -> None:
        """Close the consumer; the next reading opens one anew."""
        self._reader = None
        self._resources.close()

    def begin(
        self, progress: Mapping[int, PartitionProgress], day: Day, *, idle_s: float
    ) -> FeedReader | None:
        """Where this call's reading starts; None when there is nothing to read."""
        if not any(own.has_work for own in progress.values()):
            return None
        if day != self._day:
            latest = day.received_on + dt.timedelta(days=DAYS_AHEAD_MAX)
            self._writer = StagingWriter(read_contract(self.feed), day.sources, latest)
            self._clock = MessageClock(day.received_on, latest)
            self._day = day
        if self._reader is None:
            consumer = self._resources.enter_context(
                open_consumer(self._kafka_config, **FETCH_CONFIG)
            )
            self._reader = FeedReader(consumer, self.feed.name)
        self._reader.begin(progress, idle_s=idle_s)
        return self._reader

    def prepare(self, raw: RawBatch, reserve_batch_id: Callable[[], int]) -> ReadyBatch:
        """Everything of a batch that is to be stored, in COPY's form."""
        batch_id = reserve_batch_id()
        arrived_ms = self._clock.settle(raw.timestamps_ms)
        arrivals = Arrivals(
            partitions=raw.partitions,
            offsets=raw.offsets,
            arrived_at=self._clock.texts(arrived_ms),
            versions=_versions(raw),
            payloads=raw.payloads,
            refusals=_refusals(raw),
        )
        staged = self._writer.stage(arrivals, batch_id)
        count = len(raw.offsets)
        return ReadyBatch(
            batch_id=batch_id,
            feed=self.feed,
            received_on=self._clock.received_on,
            ranges=raw.ranges,
            first_message_at=instant_of(min(arrived_ms)) if count else None,
            last_message_at=instant_of(max(arrived_ms)) if count else None,
            message_count=count,
            message_blocks=encode_blocks(raw, batch_id, arrived_ms, self._clock.received_on),
            staging_columns=self._writer.columns,
            staging_blocks=staged.blocks,
            staged_count=staged.row_count,
            rejects=staged.rejects,
            restage=functools.partial(self._writer.stage_singly, arrivals, batch_id),
        )


def _refusals(raw: RawBatch) -> dict[int, DataRejected]:
    """Messages whose headers say nothing that can be relied on, by their position."""
    if UNREADABLE not in raw.headers:
        return {}
    error = DataRejected("headers_unreadable", "a header's name is not UTF-8, expected UTF-8")
    refusals = {row: error for row, facts in enumerate(raw.headers) if facts is UNREADABLE}
    log.warning("%s: headers of %d messages cannot be read", raw.topic, len(refusals))
    return refusals


def _versions(raw: RawBatch) -> list[int | None]:
    found = set(raw.headers)
    by_header = {
        facts: stated_version(facts.contract_version, None)
        for facts in found
        if facts is not None and facts.contract_version is not None
    }
    if len(by_header) == len(found):
        return [by_header[facts] for facts in raw.headers if facts is not None]
    return [
        by_header[facts] if facts in by_header else stated_version(None, payload)
        for facts, payload in zip(raw.headers, raw.payloads, strict=True)
    ]
