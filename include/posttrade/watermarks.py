"""What the broker holds: topics, their partitions, the first and last stable offsets of these."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    OffsetSpec,
)

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.topics import admin_config

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
EARLIEST: Any = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]
ABSENT = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
# while a partition gets a new leader, or a new topic its first
MOVING = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
RETRY_S = 0.1
Place = tuple[str, int]
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Watermarks:
    """One partition's readable offsets, half open: the next message will be at ``end_offset``."""

    first_offset: int
    end_offset: int


@dataclasses.dataclass(frozen=True)
class TopicFacts:
    """A topic as the broker tells of it.

    Attributes:
        topic_id: Kafka's own id, another one for each topic of the same name; None: none is told.
        partitions: its partitions, in order.
    """

    topic_id: str | None
    partitions: tuple[int, ...]


class BrokerView:
    """Asks the broker what it holds: one request for all partitions of a node, not one for each.

    Args:
        kafka_config: client settings: ``bootstrap.servers`` and how to sign in.

    Raises:
        ConfigurationError: the client library refuses a setting.
    """

    def __init__(self, kafka_config: Mapping[str, Any]) -> None:
        config = {**admin_config(kafka_config), "error_cb": _log_error}
        with _refused_settings():
            self._admin = AdminClient(config, logger=log)
        self._tells_ids = False

    def read_topics(
        self, topics: Iterable[str], timeout_s: float = ANSWER_DEADLINE_S
    ) -> dict[str, TopicFacts]:
        """What the broker says of those of the topics that are there.

        Raises:
            Unavailable: the broker does not answer in time.
        """
        names = list(topics)
        try:
            if not self._tells_ids:
                known = self._admin.list_topics(timeout=timeout_s)
                # ids come with descriptions, which a cluster without a controller does not give
                self._tells_ids = known.controller_id in known.brokers
                if not self._tells_ids:
                    return {
                        name: TopicFacts(None, tuple(sorted(known.topics[name].partitions)))
                        for name in names
                        if name in known.topics and known.topics[name].partitions
                    }
            return self._describe(names, timeout_s)
        except KafkaException as error:
            self._tells_ids = False
            raise Unavailable(f"the broker does not answer: {error.args[0]}") from error
        except concurrent.futures.TimeoutError as error:  # a class of its own before 3.11
            raise Unavailable(f"the broker did not answer within {timeout_s:g} s") from error

    def _describe(self, names: list[str], timeout_s: float) -> dict[str, TopicFacts]:
        answers = self._admin.describe_topics(TopicCollection(names), request_timeout=timeout_s)
        result: dict[str, TopicFacts] = {}
        for name, answer in answers.items():
            try:
                told = answer.result(timeout_s)
            except KafkaException as error:
                if error.args[0].code() in ABSENT:
                    continue
                raise
            partitions = tuple(sorted(partition.id for partition in told.partitions))
            result[name] = TopicFacts(str(told.topic_id), partitions)
        return result

    def read_watermarks(
        self, places: Iterable[Place], timeout_s: float = ANSWER_DEADLINE_S
    ) -> dict[Place, Watermarks]:
        """First and last stable end offset of each partition, as the broker tells them now.

        Raises:
            Unavailable: the broker does not answer for all of them in time.
        """
        asked = [TopicPartition(*place) for place in places]
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return self._ask_watermarks(asked, timeout_s)
            except KafkaException as error:
                fault = error.args[0]
            except concurrent.futures.TimeoutError as error:  # a class of its own before 3.11
                raise Unavailable(
                    f"the broker did not tell its offsets within {timeout_s:g} s"
                ) from error
            if fault.code() not in MOVING or time.monotonic() > deadline:
                raise Unavailable(f"the broker does not tell its offsets: {fault}")
            time.sleep(RETRY_S)
            self.read_topics({place.topic for place in asked}, timeout_s)

    def _ask_watermarks(
        self, asked: list[TopicPartition], timeout_s: float
    ) -> dict[Place, Watermarks]:
        if not asked:
            return {}
        firsts, ends = (
            self._admin.list_offsets(
                dict.fromkeys(asked, spec),
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=timeout_s,
            )
            for spec in (EARLIEST, LATEST)
        )
        return {
            (place.topic, place.partition): Watermarks(
                firsts[place].result(timeout_s).offset, ends[place].result(timeout_s).offset
            )
            for place in asked
        }


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
    with _refused_settings():
        consumer = Consumer(config, logger=log)
    try:
        yield consumer
    finally:
        consumer.close()


@contextlib.contextmanager
def _refused_settings() -> Iterator[None]:
    try:
        yield
    except (KafkaException, ValueError, TypeError) as error:
        raise ConfigurationError(f"the broker settings are refused: {error}") from error


def _log_error(error: Any) -> None:
    log.warning("broker client: %s", error)
