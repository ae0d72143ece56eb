"""Hands messages to Kafka: each exactly once, in order, and none silently lost."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer
from typing_extensions import Self

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.topics import MESSAGE_BYTES_MAX, admin_config

DELIVERY_TIMEOUT_S = 300
STALL_LIMIT_S = DELIVERY_TIMEOUT_S + 10  # the producer itself gives up first, and says why
ANSWER_DEADLINE_S = 5.0
POLL_EVERY = 512  # messages between two looks at what came back
POLL_TIMEOUT_S = 0.2
PROGRESS_INTERVAL_S = 0.5
PRODUCER_CONFIG: dict[str, Any] = {
    "acks": "all",
    "log_level": 2,  # what goes wrong is told once, in the error
    "enable.idempotence": True,
    "compression.type": "zstd",  # the embedded broker keeps what it holds in little memory
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "message.timeout.ms": DELIVERY_TIMEOUT_S * 1000,
    "queue.buffering.max.messages": 100_000,
    "queue.buffering.max.kbytes": 128 * 1024,
}


class Message(NamedTuple):
    """One Kafka message, ready to be sent.

    Attributes:
        identity: whatever the caller knows it by.
    """

    topic: str
    key: str | bytes | None
    payload: bytes | None
    headers: Sequence[tuple[str, str | bytes | None]] = ()
    identity: object = None


def send_messages(
    kafka_config: Mapping[str, Any],
    messages: Iterable[Message],
    *,
    rate: int | None = None,
    on_delivered: Callable[[Any], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Send messages and wait until the broker has every one of them.

    Args:
        kafka_config: librdkafka client settings; consumer-only ones are left out.
        messages: taken one by one, so that memory does not grow with their number.
        rate: messages per second; None sends as fast as the broker takes them.
        on_delivered: told the identity of each message that the broker has; costs time.
        on_progress: told now and then how many the broker has.

    Returns:
        How many were sent.

    Raises:
        Unavailable: the broker refused a message or took none for too long; those that
            ``on_delivered`` was told of are there. Sending the same again is harmless: records
            that are known count as duplicates.
        ConfigurationError: a message is larger than topics take, or a setting is refused. What
            came before it is sent, also where ``messages`` itself raises this.
    """
    with MessageSender(kafka_config, reports_each=on_delivered is not None) as sender:
        return sender.send(messages, rate=rate, on_delivered=on_delivered, on_progress=on_progress)


class MessageSender:
    """Sends as ``send_messages`` does, again and again through one producer; for one thread.

    The producer is made when there is something to send, and anew after a failure.

    Args:
        kafka_config: librdkafka client settings; consumer-only ones are left out.
        reports_each: the broker's word is taken for each message, which ``on_delivered`` needs.
    """

    def __init__(self, kafka_config: Mapping[str, Any], *, reports_each: bool) -> None:
        self._settings = admin_config(kafka_config) | PRODUCER_CONFIG
        self._settings["delivery.report.only.error"] = not reports_each
        self._settings["error_cb"] = self._note_error
        self._open_producer: Producer | None = None
        self._last_error = "no error was reported"
        self._begin(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the producer; everything that ``send`` returned for has been delivered."""
        self.close()

    def close(self) -> None:
        """End the producer's threads and connections."""
        producer, self._open_producer = self._open_producer, None
        if producer is not None:
            # its callbacks refer back to this object, so that it would live on with its threads
            producer.close()

    def send(
        self,
        messages: Iterable[Message],
        *,
        rate: int | None = None,
        on_delivered: Callable[[Any], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """As ``send_messages``, which see.

        Raises:
            Unavailable: the broker refused a message or took none for too long.
            ConfigurationError: a message is larger than topics take, or a setting is refused.
        """
        self._begin(rate, on_delivered, on_progress)
        try:
            self._meet_broker()
            refusal = self._hand_over_all(messages)
            while self._producer.flush(POLL_TIMEOUT_S):
                self._serve(0)
            self._serve(0)
        except BaseException:
            # what waits in the queue must not go out after the caller was told that this failed
            if self._open_producer is not None:
                self._open_producer.purge()
            self.close()
            raise
        if self._on_progress is not None:
            self._on_progress(self._taken)
        if refusal is not None:
            raise refusal
        return self._taken

    def _begin(
        self,
        rate: int | None,
        on_delivered: Callable[[Any], None] | None,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._rate = rate
        self._on_delivered = on_delivered
        self._on_progress = on_progress
        self._progress_due = 0.0
        self._handed = self._taken = 0
        self._failed = 0
        self._failure: str | None = None
        self._started = self._heard_at = time.monotonic()

    @property
    def _producer(self) -> Producer:
        if self._open_producer is None:
            try:
                self._open_producer = Producer(self._settings)
            except KafkaException as error:
                raise ConfigurationError(f"the broker settings are refused: {error}") from error
        return self._open_producer

    def _meet_broker(self) -> None:
        """An absent broker shows in seconds, not when the delivery of messages runs out."""
        try:
            self._producer.list_topics(timeout=ANSWER_DEADLINE_S)
        except KafkaException as error:
            raise Unavailable(
                f"the broker does not answer: {error.args[0].str()}; nothing was sent "
                f"(last error: {self._last_error}). Is it started (./posttrade up)?"
            ) from error

    def _hand_over_all(self, messages: Iterable[Message]) -> ConfigurationError | None:
        poll_every = min(POLL_EVERY, self._rate) if self._rate else POLL_EVERY
        try:
            for message in messages:
                self._hand_over(message)
                self._handed += 1
                if self._handed % poll_every == 0:
                    self._serve(0)
                    self._keep_rate()
        except ConfigurationError as error:  # of the caller's input
            return error
        return None

    def _hand_over(self, message: Message) -> None:
        note = functools.partial(self._note, message.identity)  # not its payload: that may be large
        while True:
            try:
                self._producer.produce(
                    message.topic,
                    message.payload,
                    message.key,
                    headers=list(message.headers),
                    on_delivery=note,
                )
            except BufferError:  # the queue is full: wait until the broker took some
                self._serve(POLL_TIMEOUT_S)
            except KafkaException as error:
                raise _explain_refusal(message, error.args[0]) from error
            else:
                return

    def _serve(self, timeout_s: float) -> None:
        """Take what came back; fail when something failed."""
        self._producer.poll(timeout_s)
        now = time.monotonic()
        waiting = len(self._producer)
        taken = self._handed - waiting - self._failed
        if taken > self._taken or not waiting:
            self._taken, self._heard_at = max(taken, self._taken), now
        if self._failure is not None:
            raise Unavailable(
                f"the broker did not take a message ({self._failure}); {self._taken} were taken, "
                "and sending the same again is harmless: known records count as duplicates"
            )
        if now - self._heard_at > STALL_LIMIT_S:
            raise Unavailable(
                f"the broker took nothing for {STALL_LIMIT_S} s, {waiting} of {self._handed} "
                f"messages are not acknowledged: {self._last_error}"
            )
        if self._on_progress is not None and now >= self._progress_due:
            self._progress_due = now + PROGRESS_INTERVAL_S
            self._on_progress(self._taken)

    def _keep_rate(self) -> None:
        if self._rate is None:
            return
        due = self._started + self._handed / self._rate
        while (left := due - time.monotonic()) > 0:
            self._serve(min(left, PROGRESS_INTERVAL_S))

    def _note(self, identity: Any, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self._failed += 1
            name = message.topic() if identity is None else f"{message.topic()}, {identity}"
            self._failure = self._failure or f"{name}: {error.str()}"
        elif self._on_delivered is not None:
            self._on_delivered(identity)

    def _note_error(self, error: KafkaError) -> None:
        self._last_error = error.str()


def _explain_refusal(message: Message, error: KafkaError) -> Exception:
    name = f"message {message.identity}" if message.identity is not None else "a message"
    text = (
        f"{name} of {len(message.payload or b'')} bytes was refused before it left for "
        f"{message.topic}: {error.str()}"
    )
    if error.fatal():
        return Unavailable(text)
    return ConfigurationError(text)
