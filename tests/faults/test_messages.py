"""Messages that are strange in themselves: huge, of an unknown form, out of time."""

from __future__ import annotations

import json
from typing import Any

from confluent_kafka import Producer

from posttrade.feeds import FEEDS
from tests.faults.scene import Scene

MEGABYTE = 1024 * 1024
LARGE_BYTES = 5 * MEGABYTE
ANY_TIME = str(2**63 - 1)
# long before Kafka, at the epoch, unknown, to come, and as far ahead as a timestamp goes
STRANGE_TIMES_MS = (1, 86_400_000, 631_152_000_000, 4_102_444_800_000, 253_402_300_799_999)
UNKNOWN_VERSIONS = (b"0", b"3", b"99", b"-1", b"1e3", b"9" * 400, b"", b"two", b"\xff\xfe")


def produce(fault: Scene, topic: str, payload: bytes, **options: Any) -> None:
    """Send one message, and see that the broker has it."""
    producer = Producer(
        {"bootstrap.servers": fault.kafka.bootstrap_servers, "message.max.bytes": 8 * MEGABYTE}
    )
    failures: list[Any] = []
    producer.produce(
        topic, payload, on_delivery=lambda error, _: error and failures.append(error), **options
    )
    assert producer.flush(30) == 0
    assert not failures, failures


def test_message_of_five_megabytes(fault: Scene) -> None:
    """A message of 5 MB, on a topic that allows it."""
    fault.kafka.lay_topics(max_message_bytes=str(8 * MEGABYTE))
    capture = fault.start_capture()
    for number in fault.times(8):
        topic = fault.random.choice(list(FEEDS))
        text = b'{"trade_id":"L%d","note":"' % number
        payload = text + b"x" * LARGE_BYTES + (b'"}' if number % 2 else b"")
        produce(fault, topic, payload, key=f"L{number}")
        fault.truth.refused += 1
        fault.send(trades=40)
    capture.finish()
    fault.check_books()
    largest = fault.ask("select max(length(payload)) from landing.rejects")
    assert largest[0][0] > LARGE_BYTES, "the reject keeps the whole message"


def test_unknown_contract_version(fault: Scene) -> None:
    """A message states a contract version that nobody knows."""
    with fault.traffic(trades=300, rate=300) as traffic:
        capture = fault.start_capture()
        good = json.dumps(
            {"trade_id": "V", "symbol": "AAPL", "quantity": 1, "price": 1, "side": "BUY"}
        ).encode()
        for number in fault.times(2 * len(UNKNOWN_VERSIONS)):
            version = UNKNOWN_VERSIONS[number % len(UNKNOWN_VERSIONS)]
            headers = [("contract-version", version)]
            produce(fault, fault.random.choice(list(FEEDS)), good, headers=headers)
            fault.truth.refused += 1
        assert traffic
    capture.finish()
    fault.check_books()


def test_timestamps_out_of_time(fault: Scene) -> None:
    """Kafka's timestamps lie in the far past or in the far future."""
    fault.kafka.lay_topics(
        message_timestamp_before_max_ms=ANY_TIME,
        message_timestamp_after_max_ms=ANY_TIME,
    )

    def send_out_of_time(_config: Any, stream: Any) -> None:
        producer = Producer({"bootstrap.servers": fault.kafka.bootstrap_servers,
                             "message.max.bytes": 4 * MEGABYTE})  # fmt: skip
        for number, m in enumerate(stream):
            moment = {} if number % 3 else {"timestamp": fault.random.choice(STRANGE_TIMES_MS)}
            fault.row.times += bool(moment)
            producer.produce(m.topic, m.payload, m.key, headers=list(m.headers), **moment)
            producer.poll(0)
        assert producer.flush(60) == 0

    with fault.traffic(trades=400, send=send_out_of_time, short_contract="0", front_trades="0"):
        capture = fault.start_capture()
    capture.finish()
    fault.check_books()


def test_timestamps_of_the_broker(fault: Scene) -> None:
    """The topics carry the broker's time of arrival instead of the sender's."""
    for _ in fault.times(1):
        fault.kafka.lay_topics(message_timestamp_type="LogAppendTime")
        with fault.traffic(trades=400, rate=600):
            capture = fault.start_capture()
        capture.finish()
    fault.check_books()
