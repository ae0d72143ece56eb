"""The gate before promotion: a batch that cannot be promoted is stopped, the others go on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from posttrade.database import connect
from posttrade.errors import InvariantBroken
from posttrade.statements import read_statement


@dataclasses.dataclass(frozen=True)
class WeighedBatches:
    """Batches that may be promoted, and why the others may not."""

    fit: tuple[int, ...]
    lost: tuple[str, ...]

    def raise_stops(self) -> None:
        """Say which batches were stopped, once the others have been dealt with.

        Raises:
            InvariantBroken: rows are missing from staging.
        """
        if self.lost:
            raise InvariantBroken("; ".join(self.lost))


def weigh_batches(dsn: str, batch_ids: Sequence[int]) -> WeighedBatches:
    """Stop validated batches of which a message was lost on its way through staging.

    Raises:
        Unavailable: the database does not answer.
    """
    fit: list[int] = []
    lost: list[str] = []
    with connect(dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(read_statement("batches/weigh_batches"), {"batch_ids": list(batch_ids)})
        for batch in cursor.fetchall():
            reason = _find_loss(batch)
            if reason is None:
                fit.append(batch["batch_id"])
                continue
            lost.append(_describe_stop(batch, reason))
            stop = {"batch_id": batch["batch_id"], "status_reason": reason}
            cursor.execute(read_statement("batches/stop_batch"), stop)
    return WeighedBatches(tuple(fit), tuple(lost))


def _find_loss(batch: dict[str, Any]) -> str | None:
    found = batch["row_count"] + batch["reject_count"]
    if found == batch["message_count"]:
        return None
    return (
        f"{batch['message_count']} messages were drained, but {batch['row_count']} staged rows + "
        f"{batch['reject_count']} rejects = {found}: rows were lost or added outside the product. "
        "Refuse the batch, and replay what it held from its rejects"
    )


def _describe_stop(batch: dict[str, Any], reason: str) -> str:
    return (
        f"batch {batch['batch_id']} of feed {batch['feed']} is stopped: {reason}. "
        "Look at it with `posttrade batches`"
    )
