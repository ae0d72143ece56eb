"""What to do when the database refuses a batch's rows: no single message may stop the drain.

The contracts are to let nothing through that the database does not take. Should they ever, the
batch is read again by the exact rules, row by row; what is refused even then becomes a reject with
the database's own words.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from posttrade.contracts.lifting import PLACE_COLUMNS
from posttrade.contracts.rows import Reject, Staged
from posttrade.errors import DataRejected

REASON = "refused_by_database"
# errors that a value causes, and that the same value causes again
REFUSALS = (
    psycopg.DataError,
    psycopg.errors.CheckViolation,
    psycopg.errors.NotNullViolation,
    UnicodeError,
)
PARTITION = PLACE_COLUMNS.index("partition")
OFFSET = PLACE_COLUMNS.index("message_offset")
Place = tuple[int, int]
Restage = Callable[[Mapping[Place, DataRejected]], Staged]
Row = TypeVar("Row")
log = logging.getLogger(__name__)


def restage_accepted(
    connection: psycopg.Connection[Any],
    copy_staging: sql.Composed,
    write_reject: Callable[[psycopg.Copy, Reject], None],
    copy_rejects: bytes,
    restage: Restage,
) -> Staged:
    """Read a refused batch anew, so that the database takes every row and every reject of it.

    Nothing is stored here: rows are tried in a transaction that is rolled back.

    Args:
        connection: outside of a transaction.
        copy_staging: the COPY of staging rows.
        write_reject: writes a reject to its COPY.
        copy_rejects: the COPY of rejects.
        restage: reads the batch by the exact rules; takes what is refused, by its place.
    """
    lines = restage({}).blocks
    with connection.transaction(force_rollback=True):
        refused = find_refused(connection, copy_staging, psycopg.Copy.write, lines)
    refusals = {
        _place_of(lines[number]): DataRejected(REASON, refused[number]) for number in refused
    }
    staged = restage(refusals)
    with connection.transaction(force_rollback=True):
        unkept = find_refused(connection, copy_rejects, write_reject, staged.rejects)
    for number, detail in unkept.items():
        reject = staged.rejects[number]
        staged.rejects[number] = dataclasses.replace(
            reject, reason=REASON, detail=detail, trade_id=None
        )
    for reject in staged.rejects:
        if reject.reason == REASON:
            log.error(
                "the message at offset %d of partition %d is a reject: the database refuses what"
                " the contract let through, which is an error of this product: %s",
                reject.offset, reject.partition, reject.detail,
            )  # fmt: skip
    return staged


def _place_of(line: str) -> Place:
    values = line.split("\t", OFFSET + 1)
    return int(values[PARTITION]), int(values[OFFSET])


def find_refused(
    connection: psycopg.Connection[Any],
    statement: sql.Composed | bytes,
    write: Callable[[psycopg.Copy, Row], None],
    rows: Sequence[Row],
) -> dict[int, str]:
    """Positions of the rows that the database refuses by themselves, each with its words.

    Halves what is refused until single rows are left; a savepoint guards each attempt.
    """
    refused: dict[int, str] = {}
    parts = [(0, len(rows))] if rows else []
    while parts:
        start, end = parts.pop()
        try:
            with (
                connection.transaction(),
                connection.cursor() as cursor,
                cursor.copy(statement) as copy,
            ):
                for row in rows[start:end]:
                    write(copy, row)
        except REFUSALS as error:
            if end - start == 1:
                refused[start] = describe_refusal(error)
            else:
                middle = (start + end) // 2
                parts += [(middle, end), (start, middle)]
    return refused


def describe_refusal(error: BaseException) -> str:
    """The database's message in printable ASCII: it stands where another value was refused."""
    return ascii(str(error).strip())[1:-1]
