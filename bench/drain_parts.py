"""What the parts of a drain cost alone: a drain on the same cores cannot take less than these."""

from __future__ import annotations

import contextlib
import gc
import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psutil
import psycopg

from bench.harness import Repetition

SILENCE_S_MAX = 20
MICRO = 1_000_000


def consume_backlog(
    kafka_config: Mapping[str, Any], broker_pid: int
) -> tuple[float, dict[str, Any]]:
    """Read every topic to its end as the product does, and do nothing with the messages.

    Raises:
        RuntimeError: the broker falls silent before.
    """
    from posttrade.feeds import FEEDS
    from posttrade.heap import use_one_heap
    from posttrade.watermarks import BrokerView

    use_one_heap()
    gc.disable()
    broker = BrokerView(kafka_config)
    places = [
        (topic, partition)
        for topic, known in broker.read_topics(FEEDS).items()
        for partition in known.partitions
    ]
    marks = broker.read_watermarks(places)
    with watch_cpu({"broker": broker_pid}) as spent:
        started = time.perf_counter()
        for topic in FEEDS:
            ends = {
                partition: (own.first_offset, own.end_offset)
                for (name, partition), own in marks.items()
                if name == topic
            }
            consume_topic(kafka_config, topic, ends)
        seconds = time.perf_counter() - started
    return seconds, spent


def consume_topic(
    kafka_config: Mapping[str, Any], topic: str, ends: Mapping[int, tuple[int, int]]
) -> None:
    """One topic from its partitions' first offsets to their ends, in chunks as the product does."""
    from confluent_kafka import TopicPartition

    from posttrade.feed_reader import CONSUME_MESSAGES_MAX, CONSUME_TIMEOUT_S, FETCH_CONFIG
    from posttrade.watermarks import open_consumer

    with open_consumer(kafka_config, **FETCH_CONFIG) as consumer:
        places = [TopicPartition(topic, number, first) for number, (first, _) in ends.items()]
        consumer.assign(places)
        due = sum(end - first for first, end in ends.values())
        heard_at = time.monotonic()
        while due > 0:
            if consumer.consume(min(due, CONSUME_MESSAGES_MAX), CONSUME_TIMEOUT_S):
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_S_MAX:
                raise RuntimeError(f"the broker sent nothing of {topic} for {SILENCE_S_MAX} s")
            due = sum(
                max(0, ends[place.partition][1] - max(place.offset, ends[place.partition][0]))
                for place in consumer.position(places)  # below nought until the first message
            )


@contextlib.contextmanager
def watch_cpu(pids: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """Processor time that the block takes, in this process, the client, and in others.

    Args:
        pids: the others by name; what their children take is theirs.

    Yields:
        ``<name>_cpu_seconds``, once the block is over.
    """
    watched = {name: psutil.Process(pid) for name, pid in pids.items()}
    spent: dict[str, float] = {}
    before = {name: read_cpu_seconds(process) for name, process in watched.items()}
    used = time.process_time()
    yield spent
    spent["client_cpu_seconds"] = time.process_time() - used
    for name, process in watched.items():
        spent[f"{name}_cpu_seconds"] = read_cpu_seconds(process) - before[name]


def read_cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process and its children, those that have ended included."""
    seconds = sum(process.cpu_times()[:4])
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(child.cpu_times()[:4])
    return float(seconds)


def find_server(database: str) -> dict[str, int]:
    """Id of the process that started all of the server's; nothing where it runs elsewhere."""
    with psycopg.connect(database) as connection:
        try:
            parent = psutil.Process(connection.info.backend_pid).parent()
        except psutil.NoSuchProcess:
            return {}
    return {"server": parent.pid} if parent is not None and "postgres" in parent.name() else {}


def describe_parts(sent: int, done: Sequence[Repetition]) -> str:
    """What a message takes of the clock, and of the processors by who uses them, on one line."""
    drains = [each.product.facts for each in done]
    alone = [facts["consume_only"] for facts in drains]

    def tell(told: Sequence[Mapping[str, Any]], name: str) -> str:
        seconds = [facts[name] for facts in told if name in facts]
        return f"{statistics.median(seconds) / sent * MICRO:.1f} µs" if seconds else "unknown"

    return (
        f"of {tell(drains, 'drain_seconds')} a message on {os.cpu_count()} cores the client works "
        f"{tell(drains, 'client_cpu_seconds')}, the server {tell(drains, 'server_cpu_seconds')}, "
        f"the broker {tell(drains, 'broker_cpu_seconds')}; to consume alone, with nothing done, "
        f"takes {tell(alone, 'seconds')}: client {tell(alone, 'client_cpu_seconds')}, "
        f"broker {tell(alone, 'broker_cpu_seconds')}"
    )
