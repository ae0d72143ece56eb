"""Batches that a quality gate stopped: a person lets them try again, or refuses them whole."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from posttrade.capture import require_all_received
from posttrade.database import connect, run_step
from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

ROWS_MAX = 1_000
STOPPED = "STOPPED"


def list_batches(
    dsn: str, *, status: str | None = None, row_limit: int = ROWS_MAX
) -> list[dict[str, Any]]:
    """Batches, newest first: those with a status, or all that are not finished.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            read_statement("batches/list_batches"), {"status": status, "row_limit": row_limit}
        )
        return cursor.fetchall()


def retry_batch(dsn: str, batch_id: int, *, allow_dates: bool = False) -> str:
    """Let a stopped batch go on where it was stopped, by the next run of ``trade_capture``.

    Args:
        dsn: the trade database.
        batch_id: the batch.
        allow_dates: let it open as many new business dates as it holds.

    Returns:
        The batch's status now: DRAINED, or VALIDATED when its rules had passed before.

    Raises:
        ConfigurationError: the batch is not stopped.
        Unavailable: the database does not answer.
    """
    parameters = {"batch_id": batch_id, "allow_dates": allow_dates}
    with connect(dsn) as connection:
        _lock_stopped(connection, batch_id)
        row = connection.execute(read_statement("batches/retry_batch"), parameters).fetchone()
    return str(row[0]) if row else STOPPED


def reject_batch(dsn: str, batch_id: int, *, detail: str) -> int:
    """Refuse a stopped batch: each of its messages becomes a reject, and the batch is finished.

    Args:
        dsn: the trade database.
        batch_id: the batch.
        detail: why, in the person's words; stands in every reject.

    Returns:
        How many rows were refused.

    Raises:
        ConfigurationError: the batch is not stopped, or no reason is given.
        InvariantBroken: messages of the batch are gone altogether.
        Unavailable: the database does not answer.
    """
    if not detail.strip() or "\0" in detail:
        raise ConfigurationError("say why the batch is refused")
    parameters = {"batch_id": batch_id, "detail": detail.strip()}
    with connect(dsn) as connection:
        _lock_stopped(connection, batch_id)
        refused = connection.execute(read_statement("batches/refuse_rows"), parameters).rowcount
        # what was received is counted when a batch is promoted; this one never is
        run_step(connection, "trade_capture/place_rejects", {"batch_ids": [batch_id]})
        counts = run_step(connection, "trade_capture/count_received", {"batch_ids": [batch_id]})
        require_all_received(counts)
        connection.execute(read_statement("batches/close_batch"), parameters)
    return refused


def _lock_stopped(connection: psycopg.Connection[Any], batch_id: int) -> None:
    row = connection.execute(
        read_statement("batches/lock_batch"), {"batch_id": batch_id}
    ).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no batch {batch_id}")
    if row[0] != STOPPED:
        raise ConfigurationError(
            f"batch {batch_id} is {row[0]}: only a batch that is {STOPPED} is decided on"
        )
