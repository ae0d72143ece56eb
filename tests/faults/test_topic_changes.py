"""Topics change under the capture: partitions, retention, compaction, transactions."""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.cimpl import NewPartitions

from posttrade.feeds import FEEDS
from posttrade.sending import Message
from posttrade.topic_adoption import adopt_topic
from posttrade.watch import run_round
from tests.conftest import wait_until
from tests.faults.books import read_topics
from tests.faults.brokers import PARTITIONS, KafkaCluster, await_partitions
from tests.faults.scene import Scene
from tests.faults.traffic import CALM

COMPACT_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
LOST_BY_DATE = "select business_date, sum(lost_count)::bigint from control.date_offsets group by 1"
COMPACTED = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "100",
    "segment.ms": "100",
    "segment.bytes": "1048576",
}


def test_partitions_are_added(fault: Scene) -> None:
    """A topic grows partitions amid the traffic."""
    # records of a trade go elsewhere from then on, so which of two contradicting ones is first is
    # nobody's to say: these days have none
    count = PARTITIONS
    with fault.traffic(trades=1200, rate=400, **CALM):
        capture = fault.start_capture()
        for _ in fault.times(2):
            fault.pause(0.5, 3.0)
            count += fault.random.randint(1, 2)
            orders = [NewPartitions(topic, count) for topic in FEEDS]
            fault.kafka.administer(lambda admin, orders=orders: admin.create_partitions(orders))
            await_partitions(fault.kafka, "executions", count)
    fault.send(trades=200, **CALM)
    capture.finish()
    offsets = fault.ask("select max(partition) + 1 from landing.offsets where topic = 'executions'")
    assert offsets == [(count,)]
    fault.check_books()


def test_retention_takes_undrained_messages(fault: Scene) -> None:
    """Kafka's retention removes messages that were not drained."""
    lost = 0
    for _ in fault.times(3):
        fault.send(trades=300)
        fault.capture_all()
        fault.send(trades=300)
        lost += remove_undrained(fault, share=0.7)
        fault.send(trades=100)
        fault.capture_all()
    fault.send(trades=100)
    alone = remove_undrained(fault, share=1.0)
    fault.capture_all()
    assert min(lost, alone) > 0
    today = fault.ask("select (now() at time zone 'UTC')::date")[0][0]
    fault.close(today)
    fault.check_books(lost_allowed=lost + alone)
    totals = dict(fault.ask(LOST_BY_DATE))
    # after the session's end the traffic is of today, too
    beside = alone if fault.business_date == today else 0
    assert totals[fault.business_date] == lost + beside, "the control totals tell what was lost"
    assert totals[today] >= alone, "also when nothing was left beside it"
    require_alert(fault, lost + alone)


def require_alert(fault: Scene, lost: int) -> None:
    """People are told of each loss once, with its number."""
    run_round(fault.dsn, fault.kafka.config)
    told = fault.ask("select summary from control.alert_findings where kind = 'offsets_lost'")
    assert sum(int(summary.split()[0].replace(",", "")) for (summary,) in told) == lost


def remove_undrained(fault: Scene, share: float) -> int:
    """Remove undrained messages from a share of the partitions; how many they were.

    A part of each goes, and all of it where every partition is asked for.
    """
    lost = 0
    stored = fault.ask("select topic, partition, next_offset from landing.offsets")
    cuts = []
    for topic, partition, next_offset in stored:
        end = end_offset(fault.kafka, topic, partition)
        if end > next_offset and fault.random.random() < share:
            cut = end if share == 1.0 else fault.random.randint(next_offset + 1, end)
            cuts.append(TopicPartition(topic, partition, cut))
            lost += cut - next_offset
    fault.kafka.administer(lambda admin: admin.delete_records(cuts))
    return lost


def end_offset(kafka: KafkaCluster, topic: str, partition: int) -> int:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "ends"})
    try:
        marks = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        return int(marks[1])
    finally:
        consumer.close()


def test_topic_is_made_anew(fault: Scene) -> None:
    """A topic is deleted and made anew, shorter or longer than what was drained of it."""
    for number in fault.times(2):
        fault.send(trades=250)
        fault.capture_all()
        drained = fault.ask("select distinct topic from landing.messages order by topic")
        topic = fault.random.choice(drained)[0]
        fault.kafka.delete_topics([topic])
        fault.kafka.create_topics([topic])
        fault.send(trades=400 if number % 2 else 60)
        capture = fault.start_capture()
        wait_until(lambda topic=topic: is_stopped(fault, topic), STOP_TIMEOUT_S)
        capture.kill()
        adopt_topic(fault.dsn, fault.kafka.config, topic, adopted_by="the test")
        fault.capture_all()
    fault.check_books()


def is_stopped(fault: Scene, topic: str) -> bool:
    """Whether the drain has stopped the topic's feed and said why; the others go on."""
    stopped = fault.ask("select topic, stop_reason from landing.topics where stop_reason <> ''")
    return [name for name, reason in stopped if "made anew" in reason] == [topic]


def test_transactions_are_aborted(fault: Scene) -> None:
    """Transactions are committed and aborted in turn, and one is open while it is drained."""
    strangers = fault.make_messages(trades=900)  # sent in transactions that are aborted
    with fault.traffic(
        trades=900, send=functools.partial(send_in_transactions, fault, strangers), **CALM
    ):
        capture = fault.start_capture()
    capture.finish()
    fault.check_books()


def send_in_transactions(
    fault: Scene, strangers: list[Message], _kafka_config: Any, stream: Any
) -> None:
    producer = Producer(
        {
            "bootstrap.servers": fault.kafka.bootstrap_servers,
            "transactional.id": "books",
            "message.max.bytes": 4 * 1024 * 1024,
        }
    )
    producer.init_transactions(30)
    messages = list(stream)
    refused = iter(strangers)
    while messages:
        is_aborted = fault.random.random() < 0.4
        size = fault.random.randint(1, 120)
        producer.begin_transaction()
        if is_aborted:
            chunk = [message for message, _ in zip(refused, range(size), strict=False)]
        else:
            chunk, messages = messages[:size], messages[size:]
        for message in chunk:
            producer.produce(
                message.topic, message.payload, message.key, headers=list(message.headers)
            )
            producer.poll(0)
        producer.flush(30)
        if fault.random.random() < 0.2:
            fault.pause(0.2, 1.0)  # the capture drains up to the open transaction
        if is_aborted:
            producer.abort_transaction(30)
            fault.row.times += 1
        else:
            producer.commit_transaction(30)


def test_topic_is_compacted(fault: Scene) -> None:
    """A topic is compacted, before it is drained and while it is."""
    fault.kafka.lay_topics(**COMPACTED)
    for _ in fault.times(2):
        fault.send(trades=400)
        capture = fault.start_capture()
        fault.send(trades=400)
        capture.finish()
        fault.send(trades=400, duplicates="50%")
        fault.send(trades=5)  # closes the segments
        wait_until(lambda: has_gaps(fault), COMPACT_TIMEOUT_S)
    fault.capture_all()
    empty = fault.ask("select sum(empty_count) from landing.batch_ranges")[0][0]
    assert empty > 0, "nothing was compacted away before it was drained"
    fault.check_books(is_whole=False)


def has_gaps(fault: Scene) -> bool:
    """Whether compaction has taken messages that were not drained."""
    drained = fault.ask("select topic, partition, next_offset from landing.offsets")
    ends = {(topic, partition): next_offset for topic, partition, next_offset in drained}
    waiting: dict[tuple[str, int], list[int]] = defaultdict(list)
    for topic, partition, offset in read_topics(fault.kafka.config, FEEDS):
        if offset >= ends[topic, partition]:
            waiting[topic, partition].append(offset)
    return any(max(offsets) - ends[p] >= len(offsets) for p, offsets in waiting.items())
