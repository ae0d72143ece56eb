"""Sends messages to Kafka: each exactly once, in order, and none silently lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from posttrade.errors import Unavailable
from posttrade.simulator.messages import Message
from posttrade.topics import MESSAGE_BYTES_MAX, admin_config

DELIVERY_TIMEOUT_S = 300
STALL_LIMIT_S = DELIVERY_TIMEOUT_S + 10  # the producer itself gives up first, and says why
POLL_EVERY = 512  # messages between two looks at what came back
PROGRESS_INTERVAL_S = 0.5
QUEUE_MESSAGES_MAX = 100_000
QUEUE_KBYTES_MAX = 128 * 1024
PRODUCER_CONFIG = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "zstd",  # the embedded broker keeps what it holds in little memory
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "batch.num.messages": 10_000,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "message.timeout.ms": DELIVERY_TIMEOUT_S * 1000,
    "queue.buffering.max.messages": QUEUE_MESSAGES_MAX,
    "queue.buffering.max.kbytes": QUEUE_KBYTES_MAX,
    "delivery.report.only.error": True,
}


def send_messages(
    kafka_config: Mapping[str, Any],
    messages: Iterable[Message],
    *,
    rate: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Send messages and wait until the broker has every one of them.

    Args:
        kafka_config: librdkafka client settings; consumer-only ones are left out.
        messages: taken one by one, so that memory does not grow with their number.
        rate: messages per second; None sends as fast as the broker takes them.
        on_progress: told now and then how many were handed over.

    Returns:
        How many were sent.

    Raises:
        Unavailable: the broker refused a message, or took none for too long.
    """
    return _Sender(kafka_config, rate, on_progress).send_all(messages)


class _Sender:
    def __init__(
        self,
        kafka_config: Mapping[str, Any],
        rate: int | None,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        settings = admin_config(kafka_config) | PRODUCER_CONFIG
        settings["on_delivery"] = self._note_failure
        settings["error_cb"] = self._note_error
        self._producer = Producer(settings)
        self._rate = rate
        self._on_progress = on_progress
        self._progress_due = 0.0
        self._failure: str | None = None
        self._last_error = "no error was reported"

    def send_all(self, messages: Iterable[Message]) -> int:
        started = time.monotonic()
        count = 0
        poll_every = min(POLL_EVERY, self._rate) if self._rate else POLL_EVERY
        try:
            for message in messages:
                self._hand_over(message)
                count += 1
                if count % poll_every == 0:
                    self._look(count, started)
            self._wait_for_all(count)
        except BaseException:
            # what waits in the queue must not go out after the caller was told that this failed
            self._producer.purge()
            raise
        finally:
            # the callbacks refer back to this object, so that it would live on with its threads
            self._producer.close()
        if self._on_progress is not None:
            self._on_progress(count)
        return count

    def _hand_over(self, message: Message) -> None:
        deadline = None
        while True:
            try:
                self._producer.produce(
                    message.topic, message.payload, message.key, headers=message.headers
                )
            except BufferError:
                deadline = deadline or time.monotonic() + STALL_LIMIT_S
                self._producer.poll(0.1)
                self._raise_failure()
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"the broker took nothing for {STALL_LIMIT_S} s: {self._last_error}"
                    ) from None
            except KafkaException as error:
                raise Unavailable(f"a message for {message.topic} was refused: {error}") from error
            else:
                return

    def _look(self, count: int, started: float) -> None:
        self._producer.poll(0)
        self._raise_failure()
        if self._on_progress is not None and time.monotonic() >= self._progress_due:
            self._progress_due = time.monotonic() + PROGRESS_INTERVAL_S
            self._on_progress(count)
        if self._rate is not None:
            due = started + count / self._rate
            while (left := due - time.monotonic()) > 0:
                self._producer.poll(min(left, 0.5))
                self._raise_failure()

    def _wait_for_all(self, count: int) -> None:
        deadline = time.monotonic() + STALL_LIMIT_S
        waiting = len(self._producer)
        while left := self._producer.flush(1.0):
            self._raise_failure()
            if left < waiting:
                waiting, deadline = left, time.monotonic() + STALL_LIMIT_S
            elif time.monotonic() > deadline:
                raise Unavailable(
                    f"{left} of {count} messages are not acknowledged after {STALL_LIMIT_S} s: "
                    f"{self._last_error}"
                )
        self._raise_failure()

    def _note_failure(self, error: KafkaError | None, message: Any) -> None:
        if error is not None and self._failure is None:
            self._failure = f"{message.topic()}: {error.str()}"

    def _note_error(self, error: KafkaError) -> None:
        self._last_error = error.str()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise Unavailable(
                f"a message could not be delivered, {self._failure}. What was sent before stays; "
                "sending the same again is harmless, the records are known as duplicates"
            )
