"""How long a table of the pack takes to become a CSV file: the refused messages of a bad day.

Product: the pack's own writer with the pack's own query: ordered, every text cell made harmless to
a spreadsheet, instants in ISO 8601, streamed to the file. Limit: the server's COPY of the same
columns in the same order to nowhere, cells as they are. Peer: pandas, read_sql and to_csv, cells as
they are.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import typer

from bench.harness import (
    REPETITIONS_MIN,
    DsnOption,
    JsonOption,
    PeerOption,
    RepeatOption,
    Repetition,
    RowsOption,
    measure,
    open_database,
    open_server,
    read_sql,
    report,
    say,
    summarize,
    timed,
)

BUSINESS_DATE = dt.date(2026, 11, 19)
ROWS = (100_000, 1_000_000)
QUERY = "export_rejects"
LIMIT = "server COPY to nowhere, ordered"
FORMULA_EVERY = 100  # bench/sql/export/fill_rejects.sql


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer: PeerOption = True,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a CSV file, beside its limit and a peer. The server's user must be its superuser."""
    results = []
    with open_server(dsn) as server:
        for count in rows or ROWS:
            with open_database(server) as database, tempfile.TemporaryDirectory() as folder:
                say(f"laying {count:,} refused messages")
                fill(database, count)
                done = []
                for number in range(repetitions):
                    done.append(repeat_once(database, count, Path(folder), with_peer=peer))
                    say(f"{number + 1}/{repetitions}: {done[-1]}")
            name = "pandas read_sql + to_csv" if peer else ""
            results.append(summarize("export", count, name, done, is_rate=False, limit=LIMIT))
    report("export", results, {}, as_json=as_json)


def fill(database: str, count: int) -> None:
    """Lay the refused messages of a date."""
    with psycopg.connect(database, autocommit=True) as connection:
        scope = {"business_date": BUSINESS_DATE, "count": count}
        connection.execute(read_sql("export/fill_rejects"), scope)
        connection.execute("vacuum (analyze) landing.rejects")


def repeat_once(database: str, count: int, folder: Path, *, with_peer: bool) -> Repetition:
    """Limit, product, peer, on the same rows."""
    limit = measure("bench.export", "copy_to_nowhere", database)
    path = folder / "product.csv"
    product = measure("bench.export", "write_csv", database, str(path))
    check_file(path, count)
    peer_seconds = None
    if with_peer:
        arguments = (database, BUSINESS_DATE, str(folder / "peer.csv"))
        peer = measure("bench.peers.pandas_csv", "write_csv", *arguments)
        assert peer.facts["rows"] == count
        peer_seconds = peer.seconds
    return Repetition(product, limit.seconds, peer_seconds)


def write_csv(database: str, path: str) -> tuple[float, dict[str, Any]]:
    """The product's own writer."""
    from posttrade.database import connect
    from posttrade.reports.queries import copy_to_file

    with connect(database) as connection:
        seconds, _ = timed(
            lambda: copy_to_file(connection, QUERY, Path(path), business_date=BUSINESS_DATE)
        )
    return seconds, {"bytes": Path(path).stat().st_size}


def copy_to_nowhere(database: str) -> tuple[float, dict[str, Any]]:
    """The least that any export has to do: read, order and format the rows."""
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        statement = read_sql("export/copy_to_nowhere")
        seconds, _ = timed(lambda: connection.execute(statement, {"business_date": BUSINESS_DATE}))
    return seconds, {}


def check_file(path: Path, count: int) -> None:
    """All rows are there, in order, and no cell begins like a formula.

    Raises:
        RuntimeError: the file is not what it has to be.
    """
    rows, formulas, places = 0, 0, []
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            rows += 1
            formulas += ",'=" in line
            if ",=" in line:
                raise RuntimeError(f"a spreadsheet would take this for a formula: {line}")
            if rows <= 2:
                places.append(line.split(",")[3:5])
    if rows != count or formulas != count // FORMULA_EVERY or places != sorted(places):
        raise RuntimeError(f"{rows} rows with {formulas} made harmless; laid were {count}")


if __name__ == "__main__":
    typer.run(main)
