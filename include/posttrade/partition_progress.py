"""How far a partition is read, and where its reading begins."""

from __future__ import annotations

import dataclasses
import logging

from posttrade.topic_identity import StoredOffset
from posttrade.watermarks import Watermarks

log = logging.getLogger(__name__)


@dataclasses.dataclass
class PartitionProgress:
    """How far one partition was read; all in Kafka's own offsets.

    Attributes:
        stored_offset: where the database says to begin; None before the first drain.
        first_offset: where the current batch begins.
        next_offset: the first offset that was not read.
        end_offset: where reading may stop.
        message_count: messages in the current batch.
        offset_base: what stored offsets are ahead of Kafka's.
        lost_count: offsets before ``next_offset`` that retention removed, in the current batch.
    """

    stored_offset: int | None
    first_offset: int
    next_offset: int
    end_offset: int
    offset_base: int = 0
    message_count: int = 0
    lost_count: int = 0
    is_done: bool = False

    @property
    def has_work(self) -> bool:
        """Whether there is something to read, or a loss to record."""
        return self.next_offset < self.end_offset or self.lost_count > 0

    def begin_batch(self) -> None:
        """Go on where the last batch ended."""
        if self.next_offset != self.first_offset:
            self.stored_offset = self.first_offset = self.next_offset
        self.message_count = self.lost_count = 0

    def advance(self, offset: int) -> None:
        """Everything before ``offset`` has been read."""
        self.next_offset = max(self.next_offset, offset)
        self.is_done = self.is_done or self.next_offset >= self.end_offset


def begin_partition(
    topic: str, partition: int, stored: StoredOffset | None, watermarks: Watermarks
) -> PartitionProgress:
    """Where to begin: the stored offset, or what is left after retention took some."""
    first, end = watermarks.first_offset, watermarks.end_offset
    if stored is None:
        return PartitionProgress(None, first, first, end)
    begin = stored.kafka_offset
    progress = PartitionProgress(begin, begin, begin, end, stored.offset_base)
    if first > begin:
        progress.next_offset = first
        progress.lost_count = first - begin
        log.error(
            "%s[%d]: %d messages were removed by retention before they were drained "
            "(offsets %d to %d); recorded as lost in landing.batch_ranges",
            topic, partition, progress.lost_count, begin, first - 1,
        )  # fmt: skip
    return progress
