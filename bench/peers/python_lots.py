"""Lots as a program in memory keeps them: a queue for each book, fill by fill, in whole numbers.

Prices are cents, so that nothing is rounded at FIFO; reading the fills out of the database and
keeping the result are not counted, nor are keys, splits or corrections.
"""

from __future__ import annotations

import csv
import io
import time
from collections import defaultdict, deque
from typing import Any

import psycopg

from bench.harness import read_sql


def keep_lots(database: str, parameters: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """FIFO over the fills of a date; gives the seconds and the cost of what is open, in cents."""
    fills = read_fills(database, parameters)
    started = time.perf_counter()
    books: dict[tuple[str, str], deque[list[int]]] = defaultdict(deque)
    for account, strategy, side, quantity, price in fills:
        lots = books[account, strategy]
        left = quantity if side == "BUY" else -quantity
        while left and lots and (lots[0][0] > 0) != (left > 0):
            if abs(lots[0][0]) > abs(left):
                lots[0][0] += left
                left = 0
            else:
                left += lots.popleft()[0]
        if left:
            lots.append([left, price])
    cost = sum(quantity * price for lots in books.values() for quantity, price in lots)
    return time.perf_counter() - started, {"books": len(books), "cost_in_cents": cost}


def read_fills(database: str, parameters: dict[str, Any]) -> list[tuple[str, str, str, int, int]]:
    """Fills in the order in which they were executed."""
    statement = read_sql("pnl/read_fills")
    with (
        psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection,
        connection.cursor().copy(statement, parameters) as copy,
    ):
        text = b"".join(bytes(block) for block in copy).decode()
    return [
        (account, strategy, side, int(quantity), int(price))
        for account, strategy, side, quantity, price in csv.reader(io.StringIO(text))
    ]
