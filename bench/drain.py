"""How fast a backlog in Kafka becomes typed, de-duplicated, keyed rows in PostgreSQL.

Told beside it: who uses the processors meanwhile, and what it takes only to consume the backlog.

Product: in the variant ``alone`` the drain: raw messages kept under their key (topic, partition,
offset), every message read by its contract into typed rows or rejects, offsets in the same
transaction. Without a variant the drain and promote_batches after it: trade ids de-duplicated,
conflicts kept, keys of the trade tables held. Great Expectations takes no part in either. Limit:
binary COPY of the same messages (payload, key, headers, instant and place, which the product keeps
too), already encoded in memory, into one logged table without a key by one thread.
Peer: the Kafka provider's ConsumeFromTopicOperator with a function for each batch and insert_rows,
from its first batch on; it keeps neither raw messages nor rejects, holds no key, and drains one
topic.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from bench.drain_parts import describe_parts, find_server, watch_cpu
from bench.harness import (
    REPETITIONS_MIN,
    DsnOption,
    JsonOption,
    RepeatOption,
    Repetition,
    Row,
    measure,
    open_database,
    open_server,
    read_peak_rss_mb,
    read_rss_mb,
    read_sql,
    report,
    say,
    summarize,
)

BUSINESS_DATE = dt.date(2026, 11, 19)
MESSAGES_PER_TRADE = 3
BROKER_START_S = 30
WATCH_S = 0.1
DUPLICATES = "1%"
MALFORMED = "0.1%"


def main(
    rows: Annotated[int, typer.Option(help="Messages of the backlog, about.")] = 600_000,
    repetitions: RepeatOption = REPETITIONS_MIN,
    peer_rows: Annotated[
        int, typer.Option(help="Messages for the peer, its time is scaled up; 0 leaves it out.")
    ] = 60_000,
    dsn: DsnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Drain a backlog, beside its limit and a peer."""
    with open_server(dsn) as server, open_broker() as (kafka_config, broker_pid):
        say(f"sending about {rows} messages")
        sent = send_backlog(kafka_config, rows)
        say(f"{sent} messages wait in the broker")
        done = []
        for number in range(repetitions):
            done.append(repeat_once(server, kafka_config, broker_pid, rows, sent, peer_rows))
            say(f"{number + 1}/{repetitions}: {done[-1]}")
    details = {"peer_rows": peer_rows, "remark": describe_parts(sent, done)}
    report("drain", make_rows(sent, done), details, as_json=as_json)


def make_rows(sent: int, done: Sequence[Repetition]) -> list[Row]:
    """The drain alone, and with what gives its rows their place among the trades."""
    alone = [
        dataclasses.replace(
            each,
            product=dataclasses.replace(
                each.product,
                seconds=each.product.facts["drain_seconds"],
                peak_rss_mb=each.product.facts["drain_rss_mb"],
            ),
        )
        for each in done
    ]
    return [
        summarize(
            "drain",
            sent,
            "ConsumeFromTopicOperator + insert_rows",
            repetitions,
            is_rate=True,
            variant=variant,
            limit="binary COPY of the same messages",
        )
        for variant, repetitions in (("alone", alone), ("", done))
    ]


def repeat_once(
    server: str,
    kafka_config: Mapping[str, Any],
    broker_pid: int,
    rows: int,
    sent: int,
    peer_rows: int,
) -> Repetition:
    """Limit, product, its consuming alone, peer, each on a database of its own."""
    with open_database(server) as database:
        limit = measure("bench.limits.copy_raw", "copy_raw", database, make_options(rows))
    with open_database(server) as database:
        product = measure("bench.drain", "drain_backlog", database, kafka_config, broker_pid)
        check_everything_arrived(database, sent)
    alone = measure("bench.drain_parts", "consume_backlog", kafka_config, broker_pid)
    product.facts["consume_only"] = {"seconds": alone.seconds, **alone.facts}
    peer_seconds = None
    if peer_rows:
        asked = min(peer_rows, rows // MESSAGES_PER_TRADE)  # it drains one topic of the three
        arguments = (kafka_config, asked)
        with open_database(server) as database:
            peer = measure("bench.peers.provider_operator", "drain_peer", database, *arguments)
        peer_seconds = peer.seconds * sent / peer.facts["rows"]
    return Repetition(product, limit.seconds, peer_seconds)


def make_options(rows: int) -> Any:
    """The simulated day whose messages are drained."""
    from posttrade.simulator import Share, SimulationOptions

    return SimulationOptions(
        BUSINESS_DATE,
        trades=max(1, rows // MESSAGES_PER_TRADE),
        front_trades=Share.parse("0"),
        duplicates=Share.parse(DUPLICATES),
        malformed=Share.parse(MALFORMED),
    )


def send_backlog(kafka_config: Mapping[str, Any], rows: int) -> int:
    """Fill the topics; how many messages that were."""
    from posttrade.simulator import simulate_day

    with tempfile.TemporaryDirectory() as folder:
        return simulate_day(kafka_config, make_options(rows), truth_dir=Path(folder)).messages


def drain_backlog(
    database: str, kafka_config: Mapping[str, Any], broker_pid: int
) -> tuple[float, dict[str, Any]]:
    """The product's own steps until nothing is left; validation is passed by decree, untimed."""
    from posttrade.capture import promote_batches
    from posttrade.drain import Drain

    calls: list[list[int]] = []
    known: set[int] = set()
    with Drain(database, kafka_config) as drain:
        pids = {"broker": broker_pid, **find_server(database)}
        with watch_memory() as rss_mb, watch_cpu(pids) as spent:
            started = time.perf_counter()
            while batch_ids := sorted(set(drain.drain_once(run_id="bench")) - known):
                calls.append(batch_ids)
                known.update(batch_ids)
            draining = time.perf_counter() - started
        drain_rss_mb = read_peak_rss_mb()
    with psycopg.connect(database) as connection:
        connection.execute(read_sql("pass_validation"))
    started = time.perf_counter()
    for batch_ids in calls:
        promote_batches(database, batch_ids, run_id="bench")
    promoting = time.perf_counter() - started
    facts = {
        "drain_seconds": draining,
        **spent,
        "promote_seconds": promoting,
        "drain_rss_mb": drain_rss_mb,
        "rss_mb_course": choose_points(rss_mb),
    }
    return draining + promoting, facts


@contextlib.contextmanager
def watch_memory() -> Iterator[list[float]]:
    """What this process holds, ten times a second while the block runs."""
    held: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(WATCH_S):
            held.append(read_rss_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield held
    finally:
        is_over.set()
        watcher.join()


def choose_points(held: Sequence[float]) -> list[float]:
    """The most in each tenth of the course: flat memory is as high in the last as in the second."""
    tenths = [held[len(held) * n // 10 : len(held) * (n + 1) // 10] for n in range(10)]
    return [round(max(tenth), 1) for tenth in tenths if tenth]


def check_everything_arrived(database: str, sent: int) -> None:
    """Every message is stored raw, and is a record, a conflict, a duplicate or a reject.

    Raises:
        RuntimeError: some are missing or doubled.
    """
    with psycopg.connect(database) as connection:
        counts = connection.execute(read_sql("count_arrived")).fetchone()
    if counts is None or set(counts) != {sent}:
        raise RuntimeError(f"{sent} sent, but drained, stored raw and accounted for: {counts}")


@contextlib.contextmanager
def open_broker() -> Iterator[tuple[dict[str, Any], int]]:
    """The embedded broker in a process of its own; client settings for it, and its id."""
    from posttrade.instance import REPOSITORY, choose_ports, is_port_open
    from posttrade.topics import TOPICS

    port = choose_ports(("broker",))["broker"]
    with tempfile.TemporaryDirectory() as folder:
        options = Path(folder) / "broker.json"
        topics = {topic.name: topic.partitions for topic in TOPICS}
        options.write_text(json.dumps({"port": port, "topics": topics}), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "posttrade.embedded.broker", str(options)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "include")},
        )
        try:
            deadline = time.monotonic() + BROKER_START_S
            while not is_port_open(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the embedded broker did not start")
                time.sleep(0.05)
            kafka_config = {
                "bootstrap.servers": f"127.0.0.1:{port}",
                "group.id": "bench",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
            }
            yield kafka_config, process.pid
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    typer.run(main)
