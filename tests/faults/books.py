"""Counts the books against what Kafka holds and what the truth says.

Knows the product's tables, and none of its code: the topics are read once more from the beginning
by a consumer of its own.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from confluent_kafka import Consumer, KafkaError, TopicPartition

Place = tuple[str, int, int]
QUERIES = Path(__file__).parent / "sql"
OUTBOUND = ("enriched-trades", "Demat_allocation", "Cash_movement")
READ_TIMEOUT_S = 60
SHOWN_MAX = 5


@dataclasses.dataclass
class Findings:
    """What is wrong, in sentences, with the number of messages or records that each concerns."""

    lost: Counter[str] = dataclasses.field(default_factory=Counter)
    doubled: Counter[str] = dataclasses.field(default_factory=Counter)
    wrong: Counter[str] = dataclasses.field(default_factory=Counter)

    def describe(self) -> str:
        return "; ".join(
            f"{name}: {text} ({count})"
            for name in ("lost", "doubled", "wrong")
            for text, count in getattr(self, name).items()
            if count
        )


def read_query(name: str) -> LiteralString:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")  # type: ignore[return-value]


def read_topics(kafka_config: Mapping[str, Any], topics: Iterable[str]) -> dict[Place, Any]:
    """Every committed message of the topics that is still there, by its place."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka_config["bootstrap.servers"],
            "group.id": "books",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    try:
        known = consumer.list_topics(timeout=READ_TIMEOUT_S).topics
        waiting = {(topic, p) for topic in topics for p in known[topic].partitions}
        consumer.assign([TopicPartition(topic, p, 0) for topic, p in waiting])
        found: dict[Place, Any] = {}
        while waiting:
            message = consumer.poll(READ_TIMEOUT_S)
            assert message is not None, f"the broker is silent; still to read: {waiting}"
            error = message.error()
            if error is None:
                found[message.topic(), message.partition(), message.offset()] = message
            elif error.code() == KafkaError._PARTITION_EOF:
                waiting.discard((message.topic(), message.partition()))
            else:
                raise AssertionError(str(error))
        return found
    finally:
        consumer.close()


def count_books(
    dsn: str, kafka_config: Mapping[str, Any], topics: Iterable[str], lost_allowed: int = 0
) -> Findings:
    """Hold every table against what Kafka holds.

    Args:
        lost_allowed: messages that Kafka itself took away undrained: recorded with this size.
    """
    findings = Findings()
    sent = read_topics(kafka_config, topics)
    published = read_topics(kafka_config, OUTBOUND)
    with psycopg.connect(dsn) as connection:
        _compare_landing(connection, sent, findings)
        _check_ranges(connection, findings, lost_allowed)
        _check_accounts(connection, findings)
        _check_judgements(connection, findings)
        _compare_announcements(connection, published, findings)
    return findings


def _compare_landing(
    connection: psycopg.Connection[Any], sent: Mapping[Place, Any], findings: Findings
) -> None:
    stored = {
        (topic, partition, offset): (copies, digest)
        for topic, partition, offset, copies, digest in connection.execute(
            read_query("stored_messages")
        )
    }
    drained = connection.execute(read_query("drained_places")).fetchall()
    ends = {(topic, partition): next_offset for topic, partition, next_offset, _ in drained}
    bases = {(topic, partition): base for topic, partition, _, base in drained}
    # a topic that was made anew is stored behind the one before it
    sent = {
        (t, p, offset + bases.get((t, p), 0)): message for (t, p, offset), message in sent.items()
    }
    findings.lost["messages in Kafka that are not in landing"] += len(sent.keys() - stored.keys())
    findings.doubled["messages stored more than once"] += sum(
        copies - 1 for copies, _ in stored.values()
    )
    findings.wrong["messages stored with other bytes"] += sum(
        _digest(sent[place].value()) != stored[place][1] for place in sent.keys() & stored.keys()
    )
    findings.wrong["messages stored beyond the stored offset"] += sum(
        offset >= ends.get((topic, partition), 0) for topic, partition, offset in stored
    )


def _digest(payload: bytes | None) -> str | None:
    return None if payload is None else hashlib.md5(payload).hexdigest()  # noqa: S324 - a sum


def _check_ranges(
    connection: psycopg.Connection[Any], findings: Findings, lost_allowed: int
) -> None:
    for overlaps, gaps, lost, off, uncovered in connection.execute(read_query("range_faults")):
        findings.doubled["offset ranges that overlap"] += overlaps
        findings.lost["offset ranges with gaps between them"] += gaps
        findings.lost["messages in no drained range"] += uncovered
        findings.wrong["offset ranges whose counts are not their rows"] += off
        findings.wrong[f"offsets recorded as lost: {lost}, expected {lost_allowed}"] += (
            lost != lost_allowed
        )


def _check_accounts(connection: psycopg.Connection[Any], findings: Findings) -> None:
    for places, messages in connection.execute(read_query("message_accounts")):
        if places == 0:
            findings.lost["messages that became nothing"] += messages
        elif places > 1:
            findings.doubled["messages that became two things"] += messages
    for (strangers,) in connection.execute(read_query("records_of_no_message")):
        findings.doubled["records of no message"] += strangers


def _check_judgements(connection: psycopg.Connection[Any], findings: Findings) -> None:
    for unjudged, doubled, contradicted in connection.execute(read_query("judged_trades")):
        findings.lost["trades neither matched nor broken after the close"] += unjudged
        findings.doubled["trades matched more than once"] += doubled
        findings.wrong["trades both matched and broken"] += contradicted
    for (doubled,) in connection.execute(read_query("instructed_trades")):
        findings.doubled["trades instructed for settlement twice"] += doubled
    for unmoved, doubled, unconfirmed in connection.execute(read_query("settled_orders")):
        findings.lost["confirmed orders that did not move"] += unmoved
        findings.doubled["orders that moved twice"] += doubled
        findings.wrong["orders that moved without a confirmation"] += unconfirmed


def _compare_announcements(
    connection: psycopg.Connection[Any], published: Mapping[Place, Any], findings: Findings
) -> None:
    """Announced is all that must be, and nothing else; each may come more than once."""
    accepted = {line for (line,) in connection.execute(read_query("announcement_ids"))}
    seen: dict[str, set[bytes]] = {}
    for message in published.values():
        headers = dict(message.headers() or [])
        seen.setdefault(headers["message-id"].decode(), set()).add(message.value())
    findings.lost["executions and orders that were not announced"] += len(accepted - seen.keys())
    findings.doubled["announcements of nothing"] += len(seen.keys() - accepted)
    findings.wrong["announcements with two contents under one id"] += sum(
        len(contents) > 1 for contents in seen.values()
    )


def read_open_breaks(dsn: str) -> Counter[str]:
    """Open breaks by type."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select break_type, count(*) from recon.all_breaks where status = 'OPEN' group by 1"
        ).fetchall()
    return Counter(dict(rows))


def read_sums(dsn: str) -> dict[str, tuple[int, int, int, int]]:
    """Received, accepted, rejected and duplicate of each feed, over all closed dates."""
    with psycopg.connect(dsn) as connection:
        return {
            feed: (received, accepted, rejected, duplicate)
            for feed, received, accepted, rejected, duplicate in connection.execute(
                read_query("control_totals")
            )
        }


def read_content(dsn: str) -> Counter[str]:
    """What the books say, row by row: equal for equal messages, however they came."""
    with psycopg.connect(dsn) as connection:
        return Counter(line for (line,) in connection.execute(read_query("content")))


def compare_content(expected: Counter[str], found: Counter[str]) -> Findings:
    """Rows that are missing and rows that are too many, by their kind."""
    findings = Findings()
    for line, count in (expected - found).items():
        findings.lost[f"{line.split('|')[0]} rows, such as {line}"] += count
    for line, count in (found - expected).items():
        findings.doubled[f"{line.split('|')[0]} rows, such as {line}"] += count
    return findings
