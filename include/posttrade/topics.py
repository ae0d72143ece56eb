"""The Kafka topics the product lives on, and how a missing one is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from posttrade.errors import ConfigurationError, Unavailable

ANSWER_DEADLINE_S = 15.0
DAY_MS = 86_400_000
# larger than any message the contracts accept: one that is too large becomes a reject that keeps
# its bytes, instead of an error at the sender that nobody sees
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
PARTITION_COUNT = 12
NOT_SUPPORTED = (KafkaError._UNSUPPORTED_FEATURE, KafkaError.UNSUPPORTED_VERSION)


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic as it is to be made.

    Attributes:
        name: the topic.
        partitions: how many; also what the embedded broker spreads its bounded memory over.
        config: broker-side settings of the topic.
    """

    name: str
    partitions: int
    config: Mapping[str, str]


def _inbound(name: str, partitions: int = PARTITION_COUNT) -> Topic:
    config = {
        "cleanup.policy": "delete",
        "retention.ms": str(7 * DAY_MS),
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
    }
    return Topic(name, partitions, config)


def _movements(name: str) -> Topic:
    return Topic(name, 1, {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)})


ENRICHED_TRADES = Topic(
    "enriched-trades",
    PARTITION_COUNT,
    {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)},
)
BREAKS = Topic(
    "breaks",
    PARTITION_COUNT,
    {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)},
)
# one partition: versions are told in the order in which they were made
REPORTS = Topic(
    "reports",
    1,
    {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)},
)
TOPICS: tuple[Topic, ...] = (
    _inbound("trades"),
    _inbound("executions"),
    _inbound("broker_confirmations"),
    _inbound("pnl_snapshot"),
    # one partition: answers that name no order are taken in the order in which they were sent
    _inbound("Trade_Order", 1),
    _inbound("Counter_party", 1),
    _inbound("marks"),
    _inbound("settlement_statuses"),
    _inbound("custodian_positions"),
    _inbound("custodian_cash"),
    ENRICHED_TRADES,
    BREAKS,
    REPORTS,
    _movements("Demat_allocation"),
    _movements("Cash_movement"),
)


def ensure_topics(kafka_config: Mapping[str, Any], topics: Iterable[Topic] = TOPICS) -> list[str]:
    """Make every topic that is missing; those that exist are left as they are.

    Args:
        kafka_config: librdkafka client settings; consumer-only ones are ignored.
        topics: the topics to make.

    Returns:
        Names of the topics made now.

    Raises:
        Unavailable: the broker does not answer.
        ConfigurationError: a topic is missing and the broker refuses to make it.
    """
    # stays referenced until its futures are done, else the client dies with them
    admin = AdminClient(admin_config(kafka_config))
    try:
        existing = admin.list_topics(timeout=ANSWER_DEADLINE_S).topics
    except KafkaException as error:
        raise Unavailable(f"the broker does not answer: {error.args[0]}") from error
    missing = [topic for topic in topics if topic.name not in existing]
    if not missing:
        return []
    orders = [
        NewTopic(topic.name, num_partitions=topic.partitions, config=dict(topic.config))
        for topic in missing
    ]
    futures = admin.create_topics(orders, request_timeout=ANSWER_DEADLINE_S)
    for name, future in futures.items():
        _await_creation(name, future)
    return [topic.name for topic in missing]


def admin_config(kafka_config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a client's settings that an admin client or a producer takes."""
    consumer_only = ("group.", "enable.auto.", "auto.offset.", "isolation.", "fetch.")
    return {
        name: value
        for name, value in kafka_config.items()
        if not name.startswith(consumer_only) and name != "enable.partition.eof"
    }


def _await_creation(name: str, future: Any) -> None:
    try:
        future.result(timeout=ANSWER_DEADLINE_S)
    except KafkaException as error:
        code = error.args[0].code()
        if code == KafkaError.TOPIC_ALREADY_EXISTS:
            return
        if code in NOT_SUPPORTED:
            raise ConfigurationError(
                f"topic {name!r} is missing and this broker cannot make topics: make it there"
            ) from error
        if error.args[0].retriable() or code in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
            raise Unavailable(f"topic {name!r} could not be made: {error.args[0]}") from error
        raise ConfigurationError(
            f"topic {name!r} is missing and was refused: {error.args[0]}"
        ) from error
