"""The gate before promotion: a batch that cannot be promoted is stopped, the others go on."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from posttrade.errors import GateFailed, InvariantBroken
from posttrade.statements import read_statement

# each new date makes five partitions with their indexes; a message that states a wrong date must
# not be able to fill the catalogue
NEW_DATES_MAX = 40


@dataclasses.dataclass(frozen=True)
class WeighedBatches:
    """Batches that may be promoted, and why the others may not.

    Attributes:
        fit: those that may.
        dates: business dates of their staged rows, in order.
        lossy: why those may not that lost a message.
        scattered: why those may not that hold too many new dates.
    """

    fit: tuple[int, ...]
    dates: tuple[dt.date, ...]
    lossy: tuple[str, ...]
    scattered: tuple[str, ...]

    def raise_stops(self) -> None:
        """Say which batches were stopped, once the others have been dealt with.

        Raises:
            InvariantBroken: rows are missing from staging.
            GateFailed: a batch would open too many business dates.
        """
        stops = "; ".join(self.lossy + self.scattered)
        if self.lossy:
            raise InvariantBroken(stops)
        if self.scattered:
            raise GateFailed(stops)


def weigh_batches(connection: psycopg.Connection[Any], batch_ids: Sequence[int]) -> WeighedBatches:
    """Stop validated batches that lost a message in staging, or would open too many dates."""
    fit: list[int] = []
    dates: set[dt.date] = set()
    lossy: list[str] = []
    scattered: list[str] = []
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(read_statement("batches/weigh_batches"), {"batch_ids": list(batch_ids)})
        for batch in cursor.fetchall():
            loss, scatter = _find_loss(batch), _find_scatter(batch)
            reason = loss or scatter
            if reason is None:
                fit.append(batch["batch_id"])
                dates.update(batch["business_dates"])
                continue
            (lossy if loss else scattered).append(_describe_stop(batch, reason))
            stop = {"batch_id": batch["batch_id"], "status_reason": reason}
            cursor.execute(read_statement("batches/stop_batch"), stop)
    return WeighedBatches(tuple(fit), tuple(sorted(dates)), tuple(lossy), tuple(scattered))


def _find_loss(batch: dict[str, Any]) -> str | None:
    found = batch["row_count"] + batch["reject_count"]
    if found == batch["message_count"]:
        return None
    return (
        f"{batch['message_count']} messages were drained, but {batch['row_count']} staged rows + "
        f"{batch['reject_count']} rejects = {found}: rows were lost or added outside the product. "
        "Refuse the batch, and replay what it held from its rejects"
    )


def _find_scatter(batch: dict[str, Any]) -> str | None:
    if batch["new_date_count"] <= NEW_DATES_MAX:
        return None
    return (
        f"it would open {batch['new_date_count']} new business dates, expected at most "
        f"{NEW_DATES_MAX}. If they are right, `posttrade batches retry {batch['batch_id']} "
        "--allow-dates` lets it through; if not, refuse it"
    )


def _describe_stop(batch: dict[str, Any], reason: str) -> str:
    return (
        f"batch {batch['batch_id']} of feed {batch['feed']} is stopped: {reason}. "
        "Look at it with `posttrade batches`"
    )
