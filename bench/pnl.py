"""How long it takes to bring a date's fills to positions, lots and P&L.

Product: build_positions, from the date's executions to what each book closes with (lots, cost,
cash, what is due) and the marks that value it, stored with their keys: FIFO, average cost, FIFO
with half of the fills in one book, and 10,000 fills of a date that follows one with all the others.
Limit: position and cash of each book by one group by over the same executions, nothing stored; of
the variant ``update`` the same 10,000 fills after a small date. Peer: queues in Python on whole
numbers, from memory to memory, FIFO only.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import psycopg
import typer

from bench.harness import (
    REPETITIONS_MIN,
    DsnOption,
    JsonOption,
    Measured,
    PeerOption,
    RepeatOption,
    Repetition,
    Row,
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

DAY_BEFORE = dt.date(2026, 11, 18)
BUSINESS_DATE = dt.date(2026, 11, 19)
BOOKS = 10_000
UPDATE_ROWS = 10_000
SMALL_DATE = 100_000
UPDATE = "update"
HALF = "FIFO, half in one book"
# cost method, percent of the fills that one book takes
VARIANTS = {"FIFO": ("FIFO", 0), HALF: ("FIFO", 50), "average": ("AVERAGE", 0)}
LIMIT = "positions, group by"
PEER = "Python queues on whole numbers, in memory"


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer: PeerOption = True,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the books of a date, beside a group by and a peer."""
    results: list[Row] = []
    details: dict[str, Any] = {"books": BOOKS, "update_rows": UPDATE_ROWS}
    with open_server(dsn) as server:
        for count in rows or [1_000_000, 5_000_000]:
            done: dict[str, list[Repetition]] = {name: [] for name in (*VARIANTS, UPDATE)}
            for number in range(repetitions):
                for variant, repeated in done.items():
                    if variant == UPDATE:
                        repeated.append(repeat_update(server, count))
                    else:
                        repeated.append(repeat_once(server, count, variant, with_peer=peer))
                    say(f"{number + 1}/{repetitions} {variant}: {repeated[-1]}")
            for variant, repeated in done.items():
                results.append(
                    summarize(
                        "pnl",
                        count,
                        PEER if any(each.peer_seconds for each in repeated) else "",
                        repeated,
                        is_rate=False,
                        variant=variant,
                        limit=f"the same after {SMALL_DATE:,}" if variant == UPDATE else LIMIT,
                    )
                )
                details[f"{count} {variant}"] = [dataclasses.asdict(each) for each in repeated]
    report("pnl", results, details, as_json=as_json)


def repeat_once(server: str, count: int, variant: str, *, with_peer: bool) -> Repetition:
    """A database of its own, as books cannot be emptied: limit, product, peer."""
    method, share = VARIANTS[variant]
    with open_database(server) as database:
        lay_date(database, BUSINESS_DATE, count, share)
        set_method(database, method)
        limit = measure("bench.pnl", "sum_positions", database)
        product = measure("bench.pnl", "build_once", database, BUSINESS_DATE)
        check(database, limit.facts)
        peer_seconds = None
        if with_peer and method == "FIFO":
            parameters = {"business_date": BUSINESS_DATE}
            found = measure("bench.peers.python_lots", "keep_lots", database, parameters)
            require_cost(database, found)
            peer_seconds = found.seconds
    return Repetition(product, limit.seconds, peer_seconds)


def repeat_update(server: str, count: int) -> Repetition:
    """A few fills after a date with few, and after one with all the others."""
    found = {}
    for before in (SMALL_DATE, count):
        with open_database(server) as database:
            lay_date(database, DAY_BEFORE, before, 0)
            set_method(database, "FIFO")
            build_once(database, DAY_BEFORE)
            lay_date(database, BUSINESS_DATE, UPDATE_ROWS, 0)
            found[before] = measure("bench.pnl", "build_once", database, BUSINESS_DATE)
    return Repetition(found[count], found[SMALL_DATE].seconds, None)


def lay_date(database: str, date: dt.date, count: int, share: int) -> None:
    """Put fills into a date."""
    scope = {"business_date": date, "count": count, "books": BOOKS, "share": share}
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select control.ensure_partitions(%(business_date)s)", scope)
        connection.execute(read_sql("pnl/fill_executions"), scope)
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def set_method(database: str, method: str) -> None:
    """Let every book take its cost by one method."""
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("pnl/set_method"), {"method": method})


def build_once(database: str, date: dt.date) -> tuple[float, dict[str, Any]]:
    """The product's own steps."""
    from posttrade.close import build_positions

    seconds, counts = timed(lambda: build_positions(database, date, run_id="bench"))
    return seconds, dataclasses.asdict(counts)


def sum_positions(database: str) -> tuple[float, dict[str, Any]]:
    """The least, after a first run that warms it."""
    statement, scope = read_sql("pnl/sum_positions"), {"business_date": BUSINESS_DATE}
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement, scope).fetchone()
        seconds, row = timed(lambda: connection.execute(statement, scope).fetchone())
    return seconds, {"sums": row}


def check(database: str, facts: dict[str, Any]) -> None:
    """Books, position and cash are those of the group by.

    Raises:
        RuntimeError: they are not.
    """
    found = read_closing(database)[:3]
    if found != facts["sums"]:
        raise RuntimeError(f"the books hold {found}, the executions {facts['sums']}")


def require_cost(database: str, peer: Measured) -> None:
    """What is open cost what the peer found.

    Raises:
        RuntimeError: it did not.
    """
    cost = read_closing(database)[3]
    if cost * 100 != peer.facts["cost_in_cents"]:
        raise RuntimeError(f"lots cost {cost}, the peer found {peer.facts['cost_in_cents']} cents")


def read_closing(database: str) -> tuple[Any, ...]:
    """Number of books, and the sums of position, cash flow and cost."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            read_sql("pnl/read_closing"), {"business_date": BUSINESS_DATE}
        ).fetchone()
    assert row is not None
    return tuple(row)


if __name__ == "__main__":
    typer.run(main)
