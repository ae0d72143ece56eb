"""The embedded broker: a process that holds the Kafka client library's own broker, in memory.

It speaks the Kafka protocol on a fixed port, with the topics of ``posttrade.topics``. It keeps
nothing when it ends: messages that were not drained by then are gone. Offsets go on where the last
one ended, so that a restart never looks like a topic made anew, and the drain finds what is gone
as a gap: recorded with its size, alerted, and in the control totals.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from posttrade.embedded import produce
from posttrade.embedded.broker_ends import EndOffsets, count_undrained, read_ends
from posttrade.embedded.broker_gate import CHUNK_BYTES, Gate, Key
from posttrade.embedded.mock_cluster import MockCluster
from posttrade.embedded.supervisor import Service, find_process, start_service
from posttrade.errors import InvariantBroken
from posttrade.feeds import FEEDS
from posttrade.instance import Instance, is_port_open, write_private
from posttrade.statements import read_statement

SERVICE = "embedded-broker"
FILL_INTERVAL_S = 2
ANSWER_TIMEOUT_S = 10


def fill_path(instance: Instance) -> Path:
    """Where the broker writes how full it is."""
    return instance.run_dir / "broker-fill.json"


def ends_path(instance: Instance) -> Path:
    """Where the broker writes up to which offset each partition goes."""
    return instance.run_dir / "broker-ends"


def describe(instance: Instance) -> Service:
    """How the broker's process is started."""
    return Service(
        name=SERVICE,
        argv=(
            sys.executable,
            "-m",
            "posttrade.embedded.broker",
            str(instance.run_dir / "broker-options.json"),
        ),
        environment=instance.environment(),
        directory=instance.home,
        is_ready=lambda: is_port_open(instance.ports["broker"]),
        ready_timeout_s=30,
        stop_timeout_s=5,
    )


def start(instance: Instance, report: Callable[[str], None]) -> bool:
    """Start the broker, its logs beginning where the last one ended.

    Returns:
        Whether it was started now.
    """
    return start_service(instance, prepare(instance, report))


def prepare(instance: Instance, report: Callable[[str], None]) -> Service:
    """Write the options of a broker that does not run yet, and say how it is started.

    What went with the last one is reported.
    """
    from posttrade.topics import TOPICS

    if find_process(instance, SERVICE) is None:
        if gone := count_gone(instance):
            report(f"the embedded broker keeps nothing: gone undrained are {describe_counts(gone)}")
        starts = read_starts(instance)
        options = {
            "port": instance.ports["broker"],
            "topics": {topic.name: topic.partitions for topic in TOPICS},
            "starts": [[*key, offset] for key, offset in starts.items()],
            "fill_path": str(fill_path(instance)),
            "ends_path": str(ends_path(instance)),
            "has_database": True,
        }
        write_private(instance.run_dir / "broker-options.json", json.dumps(options))
    return describe(instance)


def describe_counts(counts: Mapping[str, int]) -> str:
    """Numbers of messages by topic, in words."""
    return ", ".join(f"{count} messages of {topic}" for topic, count in sorted(counts.items()))


def read_drained(dsn: str) -> dict[Key, int]:
    """Next offset to drain of each partition, from the trade database."""
    from posttrade import backlog, database

    with database.connect(dsn, application_name="posttrade broker") as connection:
        return backlog.read_drained(connection)


def read_starts(instance: Instance) -> dict[Key, int]:
    """Where each partition begins: where it ended, and never before what was drained.

    A partition of which messages are gone and none was drained is noted as begun at 0, so that the
    drain sees the gap.
    """
    from posttrade import database

    ends, starts = read_ends(ends_path(instance)), read_drained(instance.trade_dsn)
    for topic, partition in set(ends) - set(starts):
        if count_undrained({(topic, partition): ends[topic, partition]}, {}, FEEDS):
            parameters = {"topic": topic, "partition": partition}
            with database.connect(instance.trade_dsn) as connection:
                connection.execute(read_statement("landing/begin_partition"), parameters)
    for key, end in ends.items():
        starts[key] = max(starts.get(key, 0), end)
    return starts


def count_gone(instance: Instance) -> dict[str, int]:
    """Messages of each feed that a broker took which runs no more, and that nobody had drained.

    Those that the drain has recorded as lost since then are not counted again.

    Raises:
        Unavailable: the database does not answer.
    """
    return count_undrained(read_ends(ends_path(instance)), read_drained(instance.trade_dsn), FEEDS)


def begin_at(cluster: MockCluster, starts: Mapping[Key, int]) -> None:
    """Let empty logs begin at given offsets: append a filler that claims as many, forget it.

    Raises:
        InvariantBroken: the broker did not take it.
    """
    with socket.create_connection((cluster.host, cluster.port), ANSWER_TIMEOUT_S) as line:
        for number, (key, count) in enumerate(iterate_fillers(starts)):
            line.sendall(produce.write_filler(*key, count, number))
            (length,) = struct.unpack(">i", receive(line, 4))
            offsets = produce.read_base_offsets(receive(line, length), 3)
            if key not in offsets:
                raise InvariantBroken(f"embedded broker: {key} cannot begin at {starts[key]}")
            cluster.delete_records(*key, offsets[key] + count)


def iterate_fillers(starts: Mapping[Key, int]) -> Iterator[tuple[Key, int]]:
    """Split offsets to begin at into counts that one batch can claim."""
    for key, offset in starts.items():
        left = offset
        while left > 0:
            count = min(left, 2**31 - 1)
            yield key, count
            left -= count


def receive(line: socket.socket, length: int) -> bytes:
    """Exactly so many bytes from a connection."""
    content = b""
    while len(content) < length:
        chunk = line.recv(length - len(content))
        if not chunk:
            raise InvariantBroken("embedded broker: closed the connection while being set up")
        content += chunk
    return content


async def serve(options: Mapping[str, Any]) -> None:
    """Serve until the process is ended."""
    topics: dict[str, int] = options["topics"]
    cluster = MockCluster(options["port"])
    cluster.create_topics(topics)
    starts = {
        (topic, partition): offset
        for topic, partition, offset in options.get("starts", [])
        if partition < topics.get(topic, 0)
    }
    begin_at(cluster, starts)
    gate = Gate(
        (cluster.host, cluster.port),
        topics,
        read_drained_of_instance if options.get("has_database") else dict,
        cluster.delete_records,
    )
    if path := options.get("ends_path"):
        gate.note_end = EndOffsets(Path(path), {key: starts.get(key, 0) for key in gate.rooms}).note
    server = await asyncio.start_server(
        gate.serve_client, "127.0.0.1", options["port"], limit=CHUNK_BYTES
    )
    async with server:
        await keep_telling_fill(gate, options.get("fill_path"))


def read_drained_of_instance() -> dict[Key, int]:
    """What this process's instance has drained; nothing while the database is away."""
    with contextlib.suppress(Exception):
        return read_drained(Instance.load().trade_dsn)
    return {}


async def keep_telling_fill(gate: Gate, path: str | None) -> None:
    """Write how full the partitions are, whenever that changed."""
    told: dict[str, Any] | None = None
    while True:
        facts = {"refused_requests": gate.refused, "topics": gate.describe_fill()}
        if path is not None and facts != told:
            write_private(Path(path), json.dumps(facts))
            told = facts
        await asyncio.sleep(FILL_INTERVAL_S)


def main() -> None:
    """Entry point of the process; its argument is the options file."""
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
