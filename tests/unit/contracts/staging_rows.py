"""Stages messages without a database and reads the COPY text back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from posttrade.contracts.rows import Arrivals, Reject, Source
from posttrade.contracts.schema import read_contract
from posttrade.contracts.staging import StagingWriter
from posttrade.feeds import FEEDS

LATEST = dt.date(2027, 11, 20)
ARRIVED = "2026-11-21 03:30:00.000+00:00"
SOURCES = {
    "executions": Source("executions", "America/New_York", "USD", "CP-E"),
    "trades": Source("trades", "America/New_York", "USD", "CP-T"),
    "Trade_Order": Source("Trade_Order", "Asia/Kolkata", "INR", "CP-O"),
    "Counter_party": Source("Counter_party", "Asia/Kolkata", "INR", "CP-O"),
    "mumbai": Source("mumbai", "Asia/Kolkata", "INR", "CP-M"),
}


def read_stored(text: str) -> dt.datetime:
    """An instant as COPY text; without an offset it is UTC."""
    text = re.sub(r"\.(\d+)", lambda found: "." + found[1].ljust(6, "0"), text)
    instant = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.timezone.utc)


def stage(
    feed: str, payloads: list[bytes | None], version: int | None = 1
) -> tuple[dict[int, dict[str, Any]], dict[int, Reject]]:
    """Rows and rejects by the position of their payload."""
    count = len(payloads)
    versions: list[int | None] = [version] * count
    return stage_arrivals(
        feed, Arrivals([0] * count, list(range(count)), [ARRIVED] * count, versions, payloads)
    )


def stage_arrivals(
    feed: str, arrivals: Arrivals
) -> tuple[dict[int, dict[str, Any]], dict[int, Reject]]:
    writer = StagingWriter(read_contract(FEEDS[feed]), SOURCES, LATEST)
    staged = writer.stage(arrivals, batch_id=7)
    rows = {}
    for line in "".join(staged.blocks).splitlines():
        values = [None if value == "\\N" else value for value in line.split("\t")]
        row = dict(zip(writer.columns, values, strict=True))
        rows[int(row["message_offset"] or 0)] = row
    assert len(rows) == staged.row_count
    rejects = {reject.offset: reject for reject in staged.rejects}
    assert len(rows) + len(rejects) == len(arrivals.offsets)
    assert not rows.keys() & rejects.keys()
    return rows, rejects
