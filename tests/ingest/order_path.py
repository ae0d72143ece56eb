"""The order path as a round of the capture runs it, and what it told in the end."""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

from posttrade.capture_rounds import CaptureRounds, RoundLimits
from tests.ingest.conftest import PARTITIONS, Feeds

LEDGER = """
select asset_kind, asset, sum(amount)
from settlement.ledger_entries
group by asset_kind, asset
having sum(amount) <> 0
"""
ORDER = b"100,SBI,985"
CONFIRM = b"CONFIRM"
ROUNDS = RoundLimits(lasts_s=20, idle_s=0.6, round_s=0.0, poll_s=0.1)


def capture(feeds: Feeds) -> None:
    CaptureRounds(feeds.dsn, feeds.kafka_config, run_id="test", limits=ROUNDS).run()


def read(feeds: Feeds, topic: str) -> list[bytes]:
    """Every message of a topic."""
    consumer = Consumer({**feeds.kafka_config, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    messages = consumer.consume(1000, 1.0)
    consumer.close()
    return [message.value() for message in messages]


def moved(feeds: Feeds) -> tuple[list[bytes], list[bytes]]:
    return read(feeds, "Demat_allocation"), read(feeds, "Cash_movement")
