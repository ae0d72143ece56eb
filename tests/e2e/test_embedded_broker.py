"""The embedded broker: what it takes it keeps, and what it cannot keep it refuses."""

from __future__ import annotations

import collections
import os
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

if TYPE_CHECKING:
    from tests.conftest import EmbeddedBroker

MEGABYTE = 1024 * 1024
LIMIT = 5 * MEGABYTE
FLUSH_S = 30


def consumer(address: str, **settings: object) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "test",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "log_level": 0,
            **settings,
        }
    )


def produce_all(
    address: str, topic: str, messages: list[bytes], **settings: object
) -> collections.Counter[str]:
    """Produce to partition 0 and count how each delivery ended."""
    outcomes: collections.Counter[str] = collections.Counter()
    producer = Producer(
        {
            "bootstrap.servers": address,
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": 3000,
            "message.max.bytes": 8 * MEGABYTE,
            "log_level": 0,
            **settings,
        }
    )
    for message in messages:
        producer.produce(
            topic,
            message,
            partition=0,
            on_delivery=lambda error, _message: outcomes.update(
                ["kept" if error is None else error.name()]
            ),
        )
        producer.poll(0)
    assert producer.flush(FLUSH_S) == 0
    return outcomes


def watermarks(address: str, topic: str, partition: int = 0) -> tuple[int, int]:
    reader = consumer(address)
    try:
        return reader.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=10, cached=False
        )
    finally:
        reader.close()


def test_overfilling_is_refused_and_nothing_is_dropped(own_broker: EmbeddedBroker) -> None:
    own_broker.start({"t": 1})
    messages = [os.urandom(10_000) for _ in range(700)]
    outcomes = produce_all(own_broker.bootstrap_servers, "t", messages)
    assert outcomes["kept"] + outcomes["_MSG_TIMED_OUT"] == len(messages)
    assert 0 < outcomes["kept"] < LIMIT // 10_000
    assert watermarks(own_broker.bootstrap_servers, "t") == (0, outcomes["kept"])
    reader = consumer(own_broker.bootstrap_servers)
    reader.assign([TopicPartition("t", 0, 0)])
    found = [m.value() for m in reader.consume(outcomes["kept"], timeout=FLUSH_S)]
    reader.close()
    assert len(found) == outcomes["kept"]
    assert set(found) <= set(messages)


def test_a_batch_over_the_limit_is_refused_at_once(own_broker: EmbeddedBroker) -> None:
    own_broker.start({"t": 1})
    outcomes = produce_all(own_broker.bootstrap_servers, "t", [os.urandom(LIMIT + 1)])
    assert outcomes == {"MSG_SIZE_TOO_LARGE": 1}
    assert watermarks(own_broker.bootstrap_servers, "t") == (0, 0)


def test_an_unknown_topic_takes_nothing(own_broker: EmbeddedBroker) -> None:
    own_broker.start({"t": 1})
    outcomes = produce_all(own_broker.bootstrap_servers, "other", [b"x"])
    assert outcomes["kept"] == 0


def test_a_producer_that_wants_no_answer_still_counts(own_broker: EmbeddedBroker) -> None:
    own_broker.start({"t": 1})
    settings = {"acks": "0", "enable.idempotence": False}
    produce_all(own_broker.bootstrap_servers, "t", [b"x"] * 10, **settings)
    produce_all(own_broker.bootstrap_servers, "t", [b"y"])
    assert watermarks(own_broker.bootstrap_servers, "t") == (0, 11)


@pytest.mark.parametrize("start", [1, 500, 7_000_000_000])
def test_offsets_go_on_where_the_database_has_drained_to(
    own_broker: EmbeddedBroker, start: int
) -> None:
    own_broker.start({"t": 2}, [("t", 0, start)])
    assert watermarks(own_broker.bootstrap_servers, "t") == (start, start)
    assert watermarks(own_broker.bootstrap_servers, "t", 1) == (0, 0)
    assert produce_all(own_broker.bootstrap_servers, "t", [b"first"]) == {"kept": 1}
    reader = consumer(own_broker.bootstrap_servers)
    reader.assign([TopicPartition("t", 0, start)])
    (message,) = reader.consume(1, timeout=FLUSH_S)
    reader.close()
    assert (message.offset(), message.value()) == (start, b"first")


def test_a_restart_keeps_the_address(own_broker: EmbeddedBroker) -> None:
    own_broker.start({"t": 1})
    assert produce_all(own_broker.bootstrap_servers, "t", [b"x"]) == {"kept": 1}
    own_broker.stop()
    own_broker.start({"t": 1}, [("t", 0, 1)])
    assert watermarks(own_broker.bootstrap_servers, "t") == (1, 1)
    assert produce_all(own_broker.bootstrap_servers, "t", [b"y"]) == {"kept": 1}
