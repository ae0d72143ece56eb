"""Stores a drained batch: raw messages, typed rows, rejects and offsets in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from typing import Any

import psycopg
from psycopg import sql

from posttrade.contracts.rows import Reject
from posttrade.database import OUTAGES
from posttrade.errors import InvariantBroken, Unavailable
from posttrade.feeds import Feed
from posttrade.message_blocks import COPY_BLOCKS
from posttrade.partition_progress import PartitionProgress
from posttrade.refused_rows import REFUSALS, Restage, describe_refusal, restage_accepted
from posttrade.statements import read_statement

log = logging.getLogger(__name__)
COPY_REJECTS = (
    b"copy landing.rejects (feed, topic, partition, message_offset, batch_id, business_date,"
    b" is_date_stated, stage, reason, detail, trade_id, payload) from stdin"
)


@dataclasses.dataclass(frozen=True)
class ReadyBatch:
    """A batch with everything that is to be stored, already in COPY's form.

    Attributes:
        restage: reads it anew, for the case that the database refuses a row.
    """

    batch_id: int
    feed: Feed
    received_on: dt.date
    ranges: dict[int, PartitionProgress]
    first_message_at: dt.datetime | None
    last_message_at: dt.datetime | None
    message_count: int
    message_blocks: list[bytes]
    staging_columns: tuple[str, ...]
    staging_blocks: list[str]
    staged_count: int
    rejects: list[Reject]
    restage: Restage


def store_batch(connection: psycopg.Connection[Any], batch: ReadyBatch, *, run_id: str) -> None:
    """Store a batch and move its offsets, all or nothing.

    Raises:
        Unavailable: another drain was faster, or the database broke off; the same call may succeed.
        InvariantBroken: a message is stored already although its offset was not.
    """
    try:
        try:
            _store(connection, batch, run_id)
        except REFUSALS as error:
            log.error(
                "the database refuses batch %d of %s; its rows are tried one by one: %s",
                batch.batch_id, batch.feed.name, describe_refusal(error),
            )  # fmt: skip
            _store(connection, _without_refused(connection, batch), run_id)
    except psycopg.errors.IntegrityError as error:
        raise InvariantBroken(
            f"batch {batch.batch_id} of {batch.feed.name} contradicts what is stored: {error}"
        ) from error
    except OUTAGES as error:
        raise Unavailable(
            f"batch {batch.batch_id} of {batch.feed.name} could not be stored: {error}"
        ) from error


def _store(connection: psycopg.Connection[Any], batch: ReadyBatch, run_id: str) -> None:
    with connection.transaction():
        _move_offsets(connection, batch)
        _require_unstored(connection, batch)
        _insert_batch(connection, batch, run_id)
        _copy_rows(connection, batch)


def _without_refused(connection: psycopg.Connection[Any], batch: ReadyBatch) -> ReadyBatch:
    def write_reject(copy: psycopg.Copy, reject: Reject) -> None:
        copy.write_row(_reject_values(batch, reject))

    staged = restage_accepted(
        connection, _copy_staging(batch), write_reject, COPY_REJECTS, batch.restage
    )
    return dataclasses.replace(
        batch,
        staging_blocks=staged.blocks,
        staged_count=staged.row_count,
        rejects=staged.rejects,
    )


def _move_offsets(connection: psycopg.Connection[Any], batch: ReadyBatch) -> None:
    topic = batch.feed.name
    connection.execute(read_statement("landing/lock_topic"), {"topic": topic})
    ranges = list(batch.ranges.values())
    parameters = {
        "topic": topic,
        "partitions": list(batch.ranges),
        "expected_offsets": [
            None if own.stored_offset is None else own.stored_offset + own.offset_base
            for own in ranges
        ],
        "next_offsets": [own.next_offset + own.offset_base for own in ranges],
        "end_offsets": [own.end_offset + own.offset_base for own in ranges],
    }
    row = connection.execute(read_statement("landing/move_offsets"), parameters).fetchone()
    if row is None or row[0] != len(batch.ranges):
        raise Unavailable(
            f"another drain of {topic} stored its batch first: {row and row[0]} of "
            f"{len(batch.ranges)} offsets stood where batch {batch.batch_id} begins; try again"
        )


def _require_unstored(connection: psycopg.Connection[Any], batch: ReadyBatch) -> None:
    """The offsets say that nothing of the batch was drained: the messages must say so, too."""
    parameters = {
        "topic": batch.feed.name,
        "partitions": list(batch.ranges),
        "first_offsets": [own.first_offset + own.offset_base for own in batch.ranges.values()],
        "received_on": batch.received_on,
    }
    stored = connection.execute(read_statement("landing/find_stored"), parameters).fetchall()
    if stored:
        raise InvariantBroken(
            f"batch {batch.batch_id} of {batch.feed.name} contradicts what is stored: messages"
            f" up to these offsets are there already, by partition: {dict(stored)}"
        )


def _insert_batch(connection: psycopg.Connection[Any], batch: ReadyBatch, run_id: str) -> None:
    ranges = list(batch.ranges.values())
    parameters = {
        "batch_id": batch.batch_id,
        "feed": batch.feed.name,
        "topic": batch.feed.name,
        "message_count": batch.message_count,
        "staged_count": batch.staged_count,
        "reject_count": len(batch.rejects),
        "first_message_at": batch.first_message_at,
        "last_message_at": batch.last_message_at,
        "run_id": run_id,
        "partitions": list(batch.ranges),
        "first_offsets": [own.first_offset + own.offset_base for own in ranges],
        "next_offsets": [own.next_offset + own.offset_base for own in ranges],
        "message_counts": [own.message_count for own in ranges],
        "lost_counts": [own.lost_count for own in ranges],
    }
    connection.execute(read_statement("landing/insert_batch"), parameters)


def _copy_rows(connection: psycopg.Connection[Any], batch: ReadyBatch) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(COPY_BLOCKS) as copy:
            for block in batch.message_blocks:
                copy.write(block)
        if batch.staging_blocks:
            with cursor.copy(_copy_staging(batch)) as copy:
                for text in batch.staging_blocks:
                    copy.write(text)
        if batch.rejects:
            with cursor.copy(COPY_REJECTS) as copy:
                for reject in batch.rejects:
                    copy.write_row(_reject_values(batch, reject))


def _copy_staging(batch: ReadyBatch) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, batch.staging_columns))
    table = sql.Identifier("staging", batch.feed.staging_table)
    return sql.SQL("copy {} ({}) from stdin").format(table, columns)


def _reject_values(batch: ReadyBatch, reject: Reject) -> tuple[Any, ...]:
    return (
        batch.feed.name,
        batch.feed.name,
        reject.partition,
        reject.offset,
        batch.batch_id,
        reject.business_date,
        reject.is_date_stated,
        "contract",
        reject.reason,
        reject.detail,
        reject.trade_id,
        reject.payload,
    )
