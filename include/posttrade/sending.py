"""Hands messages to Kafka, idempotently, and knows of each whether the broker has it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaException, Producer

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.topics import MESSAGE_BYTES_MAX, admin_config

DELIVERY_TIMEOUT_S = 120
# the producer gives up first, and says why
SILENCE_LIMIT_S = DELIVERY_TIMEOUT_S + 10
POLL_EVERY = 500
PRODUCER_CONFIG: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "zstd",
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "message.timeout.ms": DELIVERY_TIMEOUT_S * 1000,
    "queue.buffering.max.messages": 100_000,
    "queue.buffering.max.kbytes": 64 * 1024,
}


@dataclasses.dataclass(frozen=True)
class Outgoing:
    """A message to send.

    Attributes:
        identity: whatever the caller knows it by.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    identity: Any = None


def send_messages(
    kafka_config: Mapping[str, Any],
    messages: Iterable[Outgoing],
    *,
    on_delivered: Callable[[Any], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Send messages and wait until the broker has every one of them.

    Args:
        kafka_config: client settings; those of consumers are left out.
        messages: taken one by one, so that memory does not grow with their number.
        on_delivered: told the identity of each message that the broker has.
        on_progress: told now and then how many the broker has.

    Returns:
        How many were delivered.

    Raises:
        Unavailable: the broker refused a message or took none for too long; those that
            ``on_delivered`` was told of are there.
        ConfigurationError: a message is larger than topics take, or a setting is refused.
    """
    return _Sender(kafka_config, on_delivered, on_progress).send(messages)


class _Sender:
    def __init__(
        self,
        kafka_config: Mapping[str, Any],
        on_delivered: Callable[[Any], None] | None,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        try:
            self._producer = Producer(admin_config(kafka_config) | PRODUCER_CONFIG)
        except KafkaException as error:
            raise ConfigurationError(f"the broker settings are refused: {error}") from error
        self._on_delivered = on_delivered
        self._on_progress = on_progress
        self._sent = self._delivered = 0
        self._failure: str | None = None
        self._heard_at = time.monotonic()

    def send(self, messages: Iterable[Outgoing]) -> int:
        try:
            for message in messages:
                self._hand_over(message)
                self._sent += 1
                if self._sent % POLL_EVERY == 0:
                    self._serve(0)
        except ConfigurationError:  # of the caller's input: what came before it is sent
            self._await_delivery()
            raise
        except Unavailable:
            self._producer.purge()
            raise
        self._await_delivery()
        return self._delivered

    def _await_delivery(self) -> None:
        while len(self._producer):
            self._serve(0.2)
        self._serve(0)

    def _hand_over(self, message: Outgoing) -> None:
        def note(error: Any, _message: Any) -> None:
            self._note(message, error)

        while True:
            try:
                self._producer.produce(
                    message.topic,
                    value=message.value,
                    key=message.key,
                    headers=list(message.headers),
                    on_delivery=note,
                )
            except BufferError:  # the queue is full: wait until the broker took some
                self._serve(0.2)
            except KafkaException as error:
                raise ConfigurationError(
                    f"message {message.identity} of {len(message.value or b'')} bytes cannot be "
                    f"sent to {message.topic}: {error.args[0]}"
                ) from error
            else:
                return

    def _note(self, message: Outgoing, error: Any) -> None:
        self._heard_at = time.monotonic()
        if error is not None:
            self._failure = self._failure or f"{message.topic}, {message.identity}: {error}"
            return
        self._delivered += 1
        if self._on_delivered is not None:
            self._on_delivered(message.identity)

    def _serve(self, timeout_s: float) -> None:
        """Take what came back; fail when something failed."""
        self._producer.poll(timeout_s)
        if self._on_progress is not None:
            self._on_progress(self._delivered)
        if self._failure is not None:
            raise Unavailable(
                f"the broker did not take a message ({self._failure}); {self._delivered} were "
                "taken before that"
            )
        if len(self._producer) == 0:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > SILENCE_LIMIT_S:
            raise Unavailable(
                f"the broker took no message for {SILENCE_LIMIT_S} s; {self._delivered} were "
                "taken before that"
            )
