"""Whether a batch costs the same however many older rows there are.

Product: promote_batches and reconcile_batches on about 10,000 new messages (a third each of
executions, confirmations and P&L snapshots; some duplicates, breaks, undated and past midnight),
on one open connection as capture does it, beside 5 million older rows on 50 earlier dates; and,
as the variant "same date", beside 1 million older rows of the very date. Limit: the same with no
older rows. Peer: psycopg's executemany with "insert … on conflict do update" of the same messages
into three keyed tables; it keeps no versions, finds no duplicates and compares nothing.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from typing import Annotated, Any

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
    RowsOption,
    measure,
    open_database,
    open_server,
    read_sql,
    report,
    say,
    summarize,
)

BUSINESS_DATE = dt.date(2026, 11, 19)
ROWS = 10_000
OLDER_ROWS = 5_000_000
OLDER_DATES = 50
SAME_DATE_ROWS = 1_000_000
SAME_DATE = "same date"
LIMIT = "the same with no older rows"
PEER = "executemany upsert"
FILLS = ("fill_executions", "fill_confirmations", "fill_pnl_snapshots")
SIDES = 3
CYCLES = 5  # the median of several: one lasts a fraction of a second
FEEDS = {
    "executions": "executions",
    "broker_confirmations": "confirmations",
    "pnl_snapshot": "pnl_snapshots",
}


def main(
    rows: RowsOption = None,
    older: Annotated[int, typer.Option(help="Older rows on earlier dates.")] = OLDER_ROWS,
    same_date: Annotated[int, typer.Option(help="Older rows of the same date.")] = SAME_DATE_ROWS,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer: PeerOption = True,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promote and reconcile beside many older rows, and beside none."""
    results = []
    with (
        open_server(dsn) as server,
        open_database(server) as alone,
        open_database(server) as dated,
        open_database(server) as crowded,
    ):
        say(f"laying {older} rows on earlier dates, and {same_date} of the same date")
        lay_earlier_dates(dated, older)
        crowd_date(crowded, same_date)
        for count in rows or [ROWS]:
            beside: dict[str, list[Repetition]] = {"": [], SAME_DATE: []}
            for number in range(repetitions):
                limit = run_beside(alone, count)
                peer_seconds = None
                if peer:
                    peer_seconds = measure("bench.cycle", "run_peer", alone, count).seconds
                for variant, database in (("", dated), (SAME_DATE, crowded)):
                    product = run_beside(database, count)
                    beside[variant].append(Repetition(product, limit.seconds, peer_seconds))
                say(f"{number + 1}/{repetitions}: alone {limit.seconds:.3f} s, {beside}")
            results += [
                summarize("cycle", count, PEER, done, is_rate=False, variant=variant, limit=LIMIT)
                for variant, done in beside.items()
            ]
    details = {"older_rows": older, "older_dates": OLDER_DATES, "same_date_rows": same_date}
    report("cycle", results, details, as_json=as_json)


def run_beside(database: str, rows: int) -> Measured:
    """Some cycles in a process of their own, on a database as vacuum keeps it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    return measure("bench.cycle", "run_cycles", database, rows)


def lay_earlier_dates(database: str, rows: int) -> None:
    """Closed dates before the one that is measured, all compared."""
    from posttrade.close import reconcile_day

    dates = [BUSINESS_DATE - dt.timedelta(days=number + 1) for number in range(OLDER_DATES)]
    with psycopg.connect(database, autocommit=True) as connection:
        for date in dates:
            parameters = {"business_date": date, "count": max(1, rows // OLDER_DATES // SIDES)}
            connection.execute("select control.ensure_partitions(%(business_date)s)", parameters)
            for name in FILLS:
                connection.execute(read_sql(name), parameters)
        connection.execute("analyze")
    for date in dates:
        reconcile_day(database, date, run_id="bench")


def crowd_date(database: str, rows: int) -> None:
    """Rows of the very date, come as all others do."""
    with psycopg.connect(database, autocommit=True) as connection:
        batch_ids = stage(connection, rows, 0)
        connection.execute("analyze")
        work(database, connection, batch_ids)


def run_cycles(database: str, rows: int) -> tuple[float, dict[str, Any]]:
    """Median seconds of a promotion and a reconciliation, after one that only warms up."""
    from posttrade.database import connect

    done = []
    with connect(database) as connection:
        connection.autocommit = True
        before = count_done(connection)
        for _ in range(CYCLES + 1):
            batch_ids = stage(connection, rows, next_offset(connection))
            started = time.perf_counter()
            promoted = work(database, connection, batch_ids)
            reconciled = time.perf_counter()
            done.append((reconciled - started, promoted - started, reconciled - promoted))
        check_cycles(before, count_done(connection), rows)
    timed = done[1:]
    facts = {
        "promote": statistics.median(each[1] for each in timed),
        "reconcile": statistics.median(each[2] for each in timed),
    }
    return statistics.median(each[0] for each in timed), facts


def work(database: str, connection: psycopg.Connection[Any], batch_ids: list[int]) -> float:
    """The product's own steps; the instant between the two."""
    from posttrade.capture import promote_batches, reconcile_batches

    promote_batches(database, batch_ids, run_id="bench", connection=connection)
    promoted = time.perf_counter()
    reconcile_batches(database, batch_ids, run_id="bench", connection=connection)
    return promoted


def stage(connection: psycopg.Connection[Any], rows: int, first: int) -> list[int]:
    """Lay new messages into staging, as a drain leaves them, and validated."""
    parameters: dict[str, Any] = {
        "business_date": BUSINESS_DATE,
        "count": triples(rows),
        "first": first,
    }
    batch_ids = []
    for feed, table in FEEDS.items():
        parameters["feed"] = feed
        row = connection.execute(read_sql("cycle/stage_batch"), parameters).fetchone()
        parameters["batch_id"] = row[0] if row else None
        connection.execute(read_sql(f"cycle/stage_{table}"), parameters)
        batch_ids.append(parameters["batch_id"])
    return batch_ids


def triples(rows: int) -> int:
    """Trades whose three messages, and the duplicates of every hundredth, come to so many rows."""
    return max(1, rows * 100 // 101 // SIDES)


def next_offset(connection: psycopg.Connection[Any]) -> int:
    """Where the next messages begin; their trade ids are made of their offsets."""
    row = connection.execute(read_sql("cycle/next_offset")).fetchone()
    return int(row[0]) if row else 0


def count_done(connection: psycopg.Connection[Any]) -> tuple[int, ...]:
    """Rows accounted for, matches and breaks so far."""
    return tuple(connection.execute(read_sql("cycle/count_done")).fetchone() or ())


def check_cycles(before: tuple[int, ...], after: tuple[int, ...], rows: int) -> None:
    """Every message became a row or a duplicate, and every trade a match or its breaks.

    Raises:
        RuntimeError: some are missing or extra.
    """
    count, cycles = triples(rows), CYCLES + 1
    numbers = range(1, count + 1)
    prices = {n for n in numbers if n % 67 == 0}
    profits = {n for n in numbers if n % 71 == 0}
    expected = (
        SIDES * (count + count // 100),
        count - len(prices | profits),
        len(prices) + len(profits),
    )
    found = tuple(b - a for a, b in zip(before, after, strict=True))
    if found != tuple(cycles * each for each in expected):
        raise RuntimeError(f"{cycles} cycles gave {found}; each had to give {expected}")


def run_peer(database: str, rows: int) -> tuple[float, dict[str, Any]]:
    """Upsert the same messages, three statements each executed for every message."""
    done = []
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(read_sql("cycle/create_peer_tables"))
        for _ in range(CYCLES + 1):
            with connection.transaction(force_rollback=True):
                stage(connection, rows, next_offset(connection))
                read = {
                    table: connection.execute(read_sql(f"cycle/read_{table}")).fetchall()
                    for table in FEEDS.values()
                }
            started = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                for table, records in read.items():
                    cursor.executemany(read_sql(f"cycle/upsert_{table}"), records)
            done.append(time.perf_counter() - started)
    return statistics.median(done[1:]), {}


if __name__ == "__main__":
    typer.run(main)
