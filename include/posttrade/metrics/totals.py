"""Totals over tables that only grow: what is old is summed once, only the newest rows each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from posttrade.statements import read_statement

# rows that may still change or commit late: far more than the steps that run at one time
OPEN_ROWS = {"batch_id": 1_000, "reject_id": 20_000, "step_run_id": 20_000}
Key = tuple[str, ...]
Sums = dict[Key, list[float]]


class RunningTotals:
    """Sums of one statement, kept from one scrape to the next; a restart sums anew.

    Args:
        statement: gives key columns and then figures, for rows in a range of ids.
        key_length: how many of its columns are the key.
        id_name: which id it goes by.
    """

    def __init__(self, statement: str, key_length: int, id_name: str) -> None:
        self.statement = statement
        self.key_length = key_length
        self.id_name = id_name
        self.settled_id = 0
        self.settled: Sums = {}

    def read(self, connection: psycopg.Connection[Any], newest: Mapping[str, int]) -> Sums:
        """Sums over all rows."""
        newest_id = newest[self.id_name]
        settled_id = max(newest_id - OPEN_ROWS[self.id_name], 0)
        if settled_id < self.settled_id:  # another database, or one that was laid anew
            self.settled, self.settled_id = {}, 0
        if settled_id > self.settled_id:
            add(self.settled, self._sum(connection, self.settled_id, settled_id))
            self.settled_id = settled_id
        sums = {key: list(figures) for key, figures in self.settled.items()}
        add(sums, self._sum(connection, settled_id, newest_id))
        return sums

    def _sum(self, connection: psycopg.Connection[Any], after_id: int, up_to_id: int) -> Sums:
        rows = connection.execute(
            read_statement(self.statement), {"after_id": after_id, "up_to_id": up_to_id}
        )
        return {
            tuple(map(str, row[: self.key_length])): [float(n) for n in row[self.key_length :]]
            for row in rows
        }


def add(sums: Sums, more: Sums) -> None:
    """Add figures to figures, key by key."""
    for key, figures in more.items():
        old = sums.setdefault(key, [0.0] * len(figures))
        sums[key] = [a + b for a, b in zip(old, figures, strict=True)]
