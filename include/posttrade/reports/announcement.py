"""Messages on the topic ``reports``: one for each of the pack's tables that others book by.

Contract: ``include/contracts/outgoing/reports.v1.schema.json``. A message names the file and its
hash, and says what it comes to; the file's own rows are in it as long as they are few, so that no
message grows with the books. They stand in the outbox since the transaction that records the
version: each version is told once, with the same bytes whenever it is sent again.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from posttrade.reports.facts import Facts
from posttrade.reports.queries import Connection, Row, execute
from posttrade.topics import REPORTS

# kind of report -> table of the pack, and the facts that sum it up
KINDS = {
    "trade_summary": ("trade_summary", "trade_totals"),
    "positions": ("positions", "exposures"),
    "pnl": ("pnl_summary", "pnl_totals"),
}
ROWS_MAX = 500  # some 400 kB; brokers take 1 MB when nobody says otherwise


def announce_version(
    connection: Connection, facts: Facts, manifest: Mapping[str, Any], folder: Path
) -> None:
    """Put the messages of a new version into the outbox, in the caller's transaction.

    Args:
        connection: the transaction that records the version.
        facts: what the pack says.
        manifest: of the version.
        folder: where its files are.
    """
    date, version = manifest["business_date"], manifest["version"]
    for kind, (table, totals) in KINDS.items():
        name = f"{table}_{facts.business_date:%Y%m%d}.csv"
        rows = read_rows(folder / name)
        payload = {
            "kind": kind,
            "business_date": date,
            "version": version,
            "content_hash": manifest["content_hash"],
            "previous_hash": manifest["previous_hash"],
            "file": {
                "name": name,
                "path": f"{date}/v{version}/{name}",
                **manifest["files"][name],
            },
            "totals": [write_row(row) for row in getattr(facts, totals)],
            "rows": rows,
        }
        execute(
            connection,
            "announce_report",
            message_id=f"{REPORTS.name}/{date}/{version}/{kind}",
            topic=REPORTS.name,
            message_key=date,
            payload=Jsonb(payload),
        )


def read_rows(path: Path) -> list[dict[str, str | None]] | None:
    """Rows of a table as its file has them, null where a cell is empty; None: too many to send."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file, strict=True), ROWS_MAX + 1))
    if len(rows) > ROWS_MAX:
        return None
    return [{name: cell or None for name, cell in row.items()} for row in rows]


def write_row(row: Row) -> dict[str, Any]:
    """A row for JSON: exact decimals and dates as strings, counts as numbers."""
    return dict(zip(row, map(_write, row.values()), strict=True))


def _write(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value
