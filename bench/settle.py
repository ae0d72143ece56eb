"""How long it takes to instruct and settle a date's matched trades, both legs, in double entry.

Product: instruct_day and settle_due, from matched trades to instructions and movements, with keys,
constraints and the checks of both; netted, with net_due between them: every trade points at its
net, whose legs settle. Limit: create table as of the same rows, from the same tables, without key
or check. Peer: rows made one by one in Python and sent by executemany, two ledger lines
for each leg, as an ORM's unit of work does it; on fewer trades, its time extrapolated.
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

# ahead of the clock: what is instructed after its date has passed is late, which costs more
BUSINESS_DATE = dt.date(2027, 6, 10)
SETTLEMENT_DATE = dt.date(2027, 6, 11)
PEER_TRADES = 20_000
FRESH, BEGUN, NETTED = "", "date begun", "netted"
LIMIT = {
    FRESH: ("create_instructions", "create_movements"),
    BEGUN: ("create_instructions", "create_movements"),
    NETTED: ("create_instructions", "create_netted", "create_nets"),
}


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer: PeerOption = True,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Settle a date, beside its limit and a peer."""
    results: list[Row] = []
    details: dict[str, Any] = {"peer_trades": PEER_TRADES, "peer_is_extrapolated": True}
    with open_server(dsn) as server:
        for count in rows or [1_000_000]:
            done: dict[str, list[Repetition]] = {variant: [] for variant in LIMIT}
            for number in range(repetitions):
                for variant, repeated in done.items():
                    repeated.append(repeat_once(server, count, variant, with_peer=peer))
                    say(f"{number + 1}/{repetitions} {variant or 'fresh'}: {repeated[-1]}")
            for variant, repeated in done.items():
                results.append(
                    summarize(
                        "settle",
                        count,
                        f"executemany, {PEER_TRADES:,} trades extrapolated",
                        repeated,
                        is_rate=False,
                        variant=variant,
                        limit="create table as of the same rows",
                    )
                )
                details[f"{count} {variant or 'fresh'}"] = [
                    dataclasses.asdict(each) for each in repeated
                ]
    report("settle", results, details, as_json=as_json)


def repeat_once(server: str, count: int, variant: str, *, with_peer: bool) -> Repetition:
    """A database of its own, as settled dates cannot be emptied: limit, product, peer."""
    with open_database(server) as database:
        laid = fill(database, count, variant)
        limit = measure("bench.settle", "create_tables", database, variant)
        product = measure("bench.settle", "settle_once", database, variant)
        check(database, laid, variant)
        peer_seconds = None
        if with_peer and variant != NETTED:
            found = measure("bench.peers.rowwise_ledger", "settle", database, PEER_TRADES)
            peer_seconds = found.seconds * laid / found.facts["trades"]
    return Repetition(product, limit.seconds, peer_seconds)


def fill(database: str, count: int, variant: str) -> int:
    """Lay a date's trades, matched a few left out; for a begun date, one before them."""
    parameters = {"business_date": BUSINESS_DATE, "count": count}
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select control.ensure_partitions(%(business_date)s)", parameters)
        connection.execute(read_sql("fill_executions"), parameters)
        laid = connection.execute(read_sql("settle/fill_matches"), parameters).rowcount
        if variant == BEGUN:
            parameters |= {"settlement_date": SETTLEMENT_DATE}
            connection.execute(read_sql("settle/begin_partitions"), parameters)
            connection.execute(read_sql("settle/begin_date"), parameters)
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
    return laid


def settle_once(database: str, variant: str) -> tuple[float, dict[str, Any]]:
    """The product's own steps."""
    from posttrade.settlement import instruct_day, net_due, settle_due

    instructing, _ = timed(lambda: instruct_day(database, BUSINESS_DATE, run_id="bench"))
    netting = 0.0
    if variant == NETTED:
        netting, _ = timed(lambda: net_due(database, SETTLEMENT_DATE, run_id="bench"))
    settling, counts = timed(lambda: settle_due(database, SETTLEMENT_DATE, run_id="bench"))
    seconds = {"instruct_seconds": instructing, "net_seconds": netting, "settle_seconds": settling}
    return sum(seconds.values()), {**seconds, **dataclasses.asdict(counts)}


def create_tables(database: str, variant: str) -> tuple[float, dict[str, Any]]:
    """The least: the same rows, written once."""
    with psycopg.connect(database, autocommit=True) as connection:
        seconds = 0.0
        for name in LIMIT[variant]:
            statement = read_sql(f"settle/{name}")
            seconds += timed(lambda statement=statement: connection.execute(statement))[0]
        connection.execute(read_sql("settle/drop_limit_tables"))
    return seconds, {}


def check(database: str, count: int, variant: str) -> None:
    """Every trade settled, both legs, or is netted to the cent; and the ledger adds up.

    Raises:
        RuntimeError: something is missing, or a sum is not zero.
    """
    with psycopg.connect(database) as connection:
        statement = "settle/count_netted" if variant == NETTED else "settle/count_settled"
        found = connection.execute(read_sql(statement)).fetchone()
    if found is None or found != (count, count, 0):
        raise RuntimeError(f"of {count} trades (instructed, settled, wrong sums) are {found}")


if __name__ == "__main__":
    typer.run(main)
