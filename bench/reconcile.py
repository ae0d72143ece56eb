"""How long the three-way comparison of one whole date takes, matches and breaks stored.

Product: reconcile_day on a date that nothing has compared yet; in the variant ``warm`` on one whose
matches near real time has stored already, one by one. Limit: a bare three-way full join of the same
tables, count(*) only: the quicker of a parallel hash join and of the plan that PostgreSQL chooses
by itself, each after a first run. Peer: duckdb, which reads the three tables from PostgreSQL
through COPY, compares in exact decimals, and stores nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
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

BUSINESS_DATE = dt.date(2026, 11, 19)
ROWS = (1_000_000, 5_000_000)
LIMIT = "bare three-way FULL join"
PLANS = ("hash", "any")
FILLS = (
    "fill_executions",
    "fill_confirmations",
    "fill_pnl_snapshots",
    "fill_conflicts",
    "fill_batches",
    "fill_received_counts",
)
VARIANTS = ("", "warm")
PEER = "duckdb through COPY"
# bench/sql/fill_*.sql break every 67th trade (1.5 %), in these ten ways by turns
BROKEN_EVERY = 67
WAYS: tuple[tuple[str, ...], ...] = (
    ("quantity_mismatch",),
    ("price_mismatch",),
    ("timestamp_mismatch",),
    ("pnl_mismatch",),
    ("missing_confirmation",),
    ("missing_pnl_snapshot",),
    ("missing_execution",),
    ("duplicate_execution",),
    ("duplicate_confirmation",),
    ("quantity_mismatch", "price_mismatch", "timestamp_mismatch", "pnl_mismatch"),
)


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer: PeerOption = True,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reconcile a date, beside its limit and a peer."""
    results: list[Row] = []
    with open_server(dsn) as server:
        for count in rows or ROWS:
            with open_database(server) as database:
                say(f"laying {count} triples")
                fill(database, count)
                done = []
                for number in range(repetitions):
                    done.append(repeat_once(database, count, with_peer=peer))
                    say(f"{number + 1}/{repetitions}: {done[-1]}")
            for variant, each in zip(VARIANTS, zip(*done, strict=True), strict=True):
                row = summarize(
                    "reconcile", count, PEER, each, is_rate=False, variant=variant, limit=LIMIT
                )
                results.append(row)
    report("reconcile", results, {}, as_json=as_json)


def repeat_once(database: str, count: int, *, with_peer: bool) -> tuple[Repetition, Repetition]:
    """Limit, product cold and warm, peer, on the same tables."""
    prepare(database, "forget_reconciliation")
    limits = {
        f"limit_{plan}_seconds": measure("bench.reconcile", "join_bare", database, plan).seconds
        for plan in PLANS
    }
    cold = measure("bench.reconcile", "reconcile_once", database)
    check_breaks(database, count)
    prepare(database, "store_single_matches")
    warm = measure("bench.reconcile", "reconcile_once", database)
    check_breaks(database, count)
    peer_seconds = None
    if with_peer:
        found = measure("bench.peers.duckdb_join", "compare", database, BUSINESS_DATE)
        check_peer(found.facts, count)
        peer_seconds = found.seconds
    limit = min(limits.values())

    def with_limits(product: Measured) -> Repetition:
        product = dataclasses.replace(product, facts={**product.facts, **limits})
        return Repetition(product, limit, peer_seconds)

    return with_limits(cold), with_limits(warm)


def prepare(database: str, statement: str) -> None:
    """Bring the date's matches to where a run begins, and the statistics up to date."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(read_sql(statement))
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def fill(database: str, count: int) -> None:
    """Lay the date's three tables straight, in order of their keys."""
    with psycopg.connect(database) as connection:
        parameters = {"business_date": BUSINESS_DATE, "count": count}
        connection.execute("select control.ensure_partitions(%(business_date)s)", parameters)
        for name in FILLS:
            connection.execute(read_sql(name), parameters)


def expected_breaks(count: int) -> Counter[str]:
    """Breaks by type among so many triples."""
    ways = (WAYS[turn % len(WAYS)] for turn in range(1, count // BROKEN_EVERY + 1))
    return Counter(kind for way in ways for kind in way)


def check_breaks(database: str, count: int) -> None:
    """What was found is what was laid.

    Raises:
        RuntimeError: breaks are missing or extra, or a trade is neither matched nor broken.
    """
    with psycopg.connect(database) as connection:
        found: Counter[str] = Counter(dict(connection.execute(read_sql("count_breaks")).fetchall()))
        matched = connection.execute("select count(*) from recon.matches").fetchone()
    expected = expected_breaks(count)
    # a second record does not unmatch the trade whose first records agree
    unmatched = sum(
        not WAYS[turn % len(WAYS)][0].startswith("duplicate_")
        for turn in range(1, count // BROKEN_EVERY + 1)
    )
    if found != expected or matched != (count - unmatched,):
        raise RuntimeError(
            f"found {dict(found)} and {matched} matches; laid {dict(expected)} and "
            f"{count - unmatched} matches"
        )


def check_peer(found: dict[str, int], count: int) -> None:
    """The peer has to find the same; it does not look for second records.

    Raises:
        RuntimeError: it found something else.
    """
    expected = {
        kind: number
        for kind, number in expected_breaks(count).items()
        if not kind.startswith("duplicate_")
    }
    if found != expected:
        raise RuntimeError(f"the peer found {found}; laid {expected}")


def reconcile_once(database: str) -> tuple[float, dict[str, Any]]:
    """The product's own step."""
    from posttrade.close import reconcile_day

    seconds, counts = timed(lambda: reconcile_day(database, BUSINESS_DATE, run_id="bench"))
    return seconds, dataclasses.asdict(counts)


def join_bare(database: str, plan: str) -> tuple[float, dict[str, Any]]:
    """The least that any comparison in the database must do; ``plan``: ``hash`` or ``any``."""
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("prefer_hash_join" if plan == "hash" else "prefer_any_join"))
        parameters = {"business_date": BUSINESS_DATE}
        statement = read_sql("join_bare")
        for _ in range(2):
            seconds, cursor = timed(lambda: connection.execute(statement, parameters))
        row = cursor.fetchone()
    return seconds, {"rows": row[0] if row else 0}


if __name__ == "__main__":
    typer.run(main)
