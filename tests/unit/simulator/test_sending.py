"""Real sending, to the client library's own broker: all arrives in order, or it is an error."""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from posttrade import sending
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.sending import Message, send_messages
from posttrade.simulator import simulate_day
from posttrade.simulator.messages import FULL
from posttrade.simulator.truth import read_planted

from .conftest import DAY, UNREST, Simulation

TOPICS = ("executions", "broker_confirmations", "pnl_snapshot", "trades")


@pytest.fixture(scope="module")
def broker() -> Iterator[dict[str, object]]:
    holder = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (address,) = holder.list_topics(timeout=10).brokers.values()
    config = {"bootstrap.servers": f"{address.host}:{address.port}"}
    client = {"group.id": "t", "enable.auto.commit": False, "auto.offset.reset": "error"}
    yield {**config, **client}
    del holder


def read_all(config: dict[str, object], topic: str) -> dict[int, list[Message]]:
    """All messages of a topic by partition."""
    consumer = Consumer({**config, "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    found: dict[int, list[Message]] = defaultdict(list)
    ended = 0
    deadline = time.monotonic() + 20
    while ended < len(partitions) and time.monotonic() < deadline:
        for message in consumer.consume(1000, 0.5):
            if message.error() is not None:
                ended += 1
                continue
            key = message.key()
            headers = message.headers() or []
            text = key.decode() if key is not None else None
            found[message.partition()].append(Message(topic, text, message.value(), headers))
    consumer.close()
    return found


def test_a_day_arrives_whole_and_in_order(
    broker: dict[str, object], simulation: Simulation, tmp_path: Path
) -> None:
    options = simulation.options(malformed="30", hostile="30", **UNREST)
    result = simulate_day(broker, options, truth_dir=tmp_path / "truth")
    simulation.truth_dir = tmp_path / "again"
    expected, _ = simulation.run(malformed="30", hostile="30", **UNREST)
    assert result.messages == len(expected)
    assert read_planted(tmp_path / "truth", DAY) == {**result.planted, **result.planted_once}
    for topic in TOPICS:
        arrived = read_all(broker, topic)
        assert sum(map(len, arrived.values())) == result.sent[topic]
        keys = {message.key: number for number, each in arrived.items() for message in each}
        wanted = defaultdict(list)
        for message in expected:
            if message.topic == topic:
                wanted[keys[message.key]].append(message)
        assert arrived == wanted


def test_a_rate_is_kept(broker: dict[str, object]) -> None:
    messages = [Message("paced", str(number), b"{}", FULL) for number in range(200)]
    started = time.monotonic()
    assert send_messages(broker, messages, rate=200) == 200
    assert 0.9 < time.monotonic() - started < 5


def test_a_full_queue_waits_instead_of_losing(
    broker: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = {**sending.PRODUCER_CONFIG, "queue.buffering.max.messages": 20}
    monkeypatch.setattr(sending, "PRODUCER_CONFIG", narrow)
    messages = [Message("narrow", None, b"x" * 100, FULL) for _ in range(500)]
    assert send_messages(broker, messages) == 500
    assert sum(map(len, read_all(broker, "narrow").values())) == 500


@pytest.fixture
def absent_broker() -> Iterator[dict[str, object]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield {"bootstrap.servers": f"127.0.0.1:{taken.getsockname()[1]}"}


def test_an_absent_broker_is_told_in_seconds(
    absent_broker: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWER_DEADLINE_S", 0.5)
    with pytest.raises(Unavailable, match=r"does not answer.*nothing was sent.*posttrade up"):
        send_messages(absent_broker, [Message("executions", "k", b"{}", FULL)])


def test_a_broker_that_goes_away_is_an_error(
    absent_broker: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = {**sending.PRODUCER_CONFIG, "message.timeout.ms": 500}
    monkeypatch.setattr(sending, "PRODUCER_CONFIG", hasty)
    monkeypatch.setattr(sending, "STALL_LIMIT_S", 5)
    monkeypatch.setattr(sending.MessageSender, "_meet_broker", lambda _: None)  # it answered then
    with pytest.raises(Unavailable, match="executions"):
        send_messages(absent_broker, [Message("executions", "k", b"{}", FULL)])


def test_a_message_larger_than_the_limit_is_an_error(broker: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="refused"):
        send_messages(broker, [Message("executions", "k", b"x" * 5_000_000, FULL)])
