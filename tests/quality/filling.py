"""Ways to fill staging and trade as the drain and the promotion do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from tests.quality.plants import RECORD_TYPES, STAGED_TYPES, TODAY, Row, instant

_offsets = itertools.count(1)


def insert_batch(
    connection: psycopg.Connection[Any], feed: str, rows: list[Row], miscounted_by: int = 0
) -> int:
    count = len(rows) + miscounted_by
    found = connection.execute(
        "insert into landing.batches (feed, message_count, staged_count, reject_count, run_id)"
        " values (%s, %s, %s, 0, 'drain') returning batch_id",
        (feed, count, count),
    ).fetchone()
    assert found is not None
    batch_id = int(found[0])
    complete = []
    for row in rows:
        offset = next(_offsets)
        place = {"batch_id": batch_id, "message_offset": offset, "feed": feed}
        stated = {} if STAGED_TYPES[feed] == "executions" else {"is_date_stated": True}
        instants = {"message_at": instant(TODAY)}
        complete.append({**stated, **place, **instants, "trade_id": f"T{offset}", **row})
    insert(connection, "staging", STAGED_TYPES[feed], complete)
    blocks = [
        {
            "topic": row["topic"],
            "partition": row["partition"],
            "first_offset": row["message_offset"],
            "last_offset": row["message_offset"],
            "batch_id": batch_id,
            "received_on": TODAY,
            "message_count": 1,
            "message_ats": [instant(TODAY)],
            "message_keys": [None],
            "headers": [None],
            "payloads": [f"raw {row['message_offset']}".encode()],
        }
        for row in complete
    ]
    insert(connection, "landing", "message_blocks", blocks)
    return batch_id


def insert_records(connection: psycopg.Connection[Any], feed: str, rows: Iterable[Row]) -> int:
    """Store accepted records of a business date; gives how many."""
    complete = []
    for row in rows:
        offset = next(_offsets)
        connection.execute("select control.ensure_partitions(%s)", (row["business_date"],))
        place = {"batch_id": 0, "message_offset": offset, "trade_id": f"T{offset}", "flags": []}
        complete.append({**place, "recorded_at": instant(row["business_date"], 13), **row})
    insert(connection, "trade", RECORD_TYPES[feed], complete)
    return len(complete)


def insert(connection: psycopg.Connection[Any], schema: str, table: str, rows: list[Row]) -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    statement = sql.SQL("insert into {}.{} ({}) values ({})").format(
        sql.Identifier(schema),
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, rows[0])),
        sql.SQL(", ").join(map(sql.Placeholder, rows[0])),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def rejects_of(trade: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return trade.execute(
        "select feed, stage, reason, trade_id, payload from landing.rejects order by reject_id"
    ).fetchall()
