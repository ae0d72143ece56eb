"""Settlement as row-at-a-time software does it: objects made one by one, sent by executemany.

Each trade becomes an instruction and four ledger lines (two a leg), with a key and a foreign key as
such a schema has them. One transaction; amounts are exact.
"""

from __future__ import annotations

import time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg

from bench.harness import read_sql

CENT = Decimal("0.01")
BATCH = 1_000


def settle(database: str, count: int) -> tuple[float, dict[str, Any]]:
    """Settle so many trades; gives the seconds and how many lines were written."""
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("settle/create_peer_tables"))
        connection.commit()
        started = time.perf_counter()
        rows = connection.execute(read_sql("settle/read_peer_trades"), {"count": count}).fetchall()
        with connection.cursor() as cursor:
            for first in range(0, len(rows), BATCH):
                write(cursor, rows[first : first + BATCH], first)
        connection.commit()
        seconds = time.perf_counter() - started
        written = connection.execute(read_sql("settle/count_peer_lines")).fetchone()
        connection.execute(read_sql("settle/drop_peer_tables"))
    if written is None or written[0] != 4 * len(rows):
        raise RuntimeError(f"the peer wrote {written}, expected {4 * len(rows)} lines")
    return seconds, {"trades": len(rows), "lines": written[0]}


def write(cursor: psycopg.Cursor[Any], rows: list[tuple[Any, ...]], first: int) -> None:
    """One batch: instructions, then the lines of both legs."""
    instructions = []
    lines = []
    for number, row in enumerate(rows, start=first + 1):
        trade_id, side, symbol, quantity, price, currency, account, party = row
        amount = (price * quantity).quantize(CENT, ROUND_HALF_UP)
        instructions.append((number, trade_id, side, symbol, quantity, currency, amount, party))
        sign = 1 if side == "BUY" else -1
        lines += [
            (number, account, symbol, sign * quantity),
            (number, party, symbol, -sign * quantity),
            (number, account, currency, -sign * amount),
            (number, party, currency, sign * amount),
        ]
    cursor.executemany(read_sql("settle/insert_peer_instruction"), instructions)
    cursor.executemany(read_sql("settle/insert_peer_line"), lines)
