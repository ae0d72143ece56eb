"""What the broker holds: partitions of a topic, their first and last stable offsets."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from posttrade.errors import ConfigurationError, Unavailable

ANSWER_DEADLINE_S = 15.0
# every consumer of the product is bound to explicit offsets and commits nothing to the broker
CONSUMER_CONFIG: dict[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    "allow.auto.create.topics": False,
}
Place = tuple[str, int]
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Watermarks:
    """One partition's readable offsets, half open: the next message will be at ``end_offset``."""

    first_offset: int
    end_offset: int


@contextlib.contextmanager
def open_consumer(kafka_config: Mapping[str, Any], **more: Any) -> Iterator[Consumer]:
    """A consumer that is closed at the end of the block; errors of its own go to the log.

    Args:
        kafka_config: client settings: ``bootstrap.servers`` and how to sign in.
        more: further settings of this use.

    Raises:
        ConfigurationError: the client library refuses a setting.
    """
    config = {"group.id": "posttrade", **kafka_config, **CONSUMER_CONFIG, **more}
    config["error_cb"] = _log_error
    try:
        consumer = Consumer(config, logger=log)
    except (KafkaException, ValueError, TypeError) as error:
        raise ConfigurationError(f"the broker settings are refused: {error}") from error
    try:
        yield consumer
    finally:
        consumer.close()


def _log_error(error: Any) -> None:
    log.warning("broker client: %s", error)


def list_partitions(
    consumer: Consumer, topics: Iterable[str], timeout_s: float = ANSWER_DEADLINE_S
) -> list[Place]:
    """Every partition of the topics, in order.

    Raises:
        Unavailable: the broker does not answer in time.
        ConfigurationError: a topic is not there.
    """
    try:
        known = consumer.list_topics(timeout=timeout_s).topics
    except KafkaException as error:
        raise Unavailable(f"the broker does not answer: {error.args[0]}") from error
    places: list[Place] = []
    for topic in topics:
        if topic not in known or not known[topic].partitions:
            raise ConfigurationError(
                f"topic {topic!r} is not on the broker: make it there, or run `./posttrade up`"
            )
        places += [(topic, partition) for partition in sorted(known[topic].partitions)]
    return places


def read_places(
    consumer: Consumer, places: Iterable[Place], timeout_s: float = ANSWER_DEADLINE_S
) -> dict[Place, Watermarks]:
    """First and end offset of each partition, asked from the broker now.

    Raises:
        Unavailable: the broker does not answer for all of them in time.
    """
    deadline = time.monotonic() + timeout_s
    result: dict[Place, Watermarks] = {}
    for topic, partition in places:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise Unavailable(f"the broker did not tell its offsets within {timeout_s:g} s")
        try:
            answer = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=left_s, cached=False
            )
        except KafkaException as error:
            raise Unavailable(
                f"the broker does not tell the offsets of {topic}[{partition}]: {error.args[0]}"
            ) from error
        if answer is None:
            raise Unavailable(f"the broker did not tell its offsets within {timeout_s:g} s")
        result[topic, partition] = Watermarks(*answer)
    return result
