"""What the broker holds: partitions of a topic, their first and last stable offsets."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    OffsetSpec,  # type: ignore[attr-defined]
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
Place = tuple[str, int]
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Watermarks:
    """One partition's readable offsets, half open: the next message will be at ``end_offset``."""

    first_offset: int
    end_offset: int


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

    def list_partitions(
        self, topics: Iterable[str], timeout_s: float = ANSWER_DEADLINE_S
    ) -> list[Place]:
        """Every partition of the topics, in order.

        Raises:
            Unavailable: the broker does not answer in time.
            ConfigurationError: a topic is not there.
        """
        try:
            known = self._admin.list_topics(timeout=timeout_s).topics
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

    def read_watermarks(
        self, places: Iterable[Place], timeout_s: float = ANSWER_DEADLINE_S
    ) -> dict[Place, Watermarks]:
        """First and last stable end offset of each partition, as the broker tells them now.

        Raises:
            Unavailable: the broker does not answer for all of them in time.
        """
        asked = [TopicPartition(*place) for place in places]
        if not asked:
            return {}
        answers = [
            self._admin.list_offsets(
                dict.fromkeys(asked, spec),
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=timeout_s,
            )
            for spec in (EARLIEST, LATEST)
        ]
        result: dict[Place, Watermarks] = {}
        for place in asked:
            try:
                first, end = (answer[place].result(timeout_s).offset for answer in answers)
            except KafkaException as error:
                raise Unavailable(
                    f"the broker does not tell the offsets of {place.topic}[{place.partition}]: "
                    f"{error.args[0]}"
                ) from error
            except concurrent.futures.TimeoutError as error:  # a class of its own before 3.11
                raise Unavailable(
                    f"the broker did not tell its offsets within {timeout_s:g} s"
                ) from error
            result[place.topic, place.partition] = Watermarks(first, end)
        return result


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
