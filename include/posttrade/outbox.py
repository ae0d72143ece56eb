"""Publishes what transactions left in the outbox: each message with its own id, marked afterwards.

``outbox.messages`` holds messages as they are; ``outbox.announcements`` names executions, whose
messages are built from their stored versions when they are sent. The producer is idempotent: within
a call the broker keeps each message once. What is sent is marked when the broker has it; a crash in
between sends it again, the same bytes with the same ``message-id`` header, by which consumers drop
what they have seen.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any

import psycopg
from typing_extensions import Self

from posttrade.database import connect
from posttrade.errors import PostTradeError, Unavailable
from posttrade.sending import Message, MessageSender
from posttrade.statements import read_statement

MESSAGES_MAX = 50_000
ROUND_MESSAGES = 20_000
HEADER = "message-id"
log = logging.getLogger(__name__)


def publish_outbox(dsn: str, kafka_config: Mapping[str, Any], *, limit: int = MESSAGES_MAX) -> int:
    """Publish waiting messages once; as ``Outbox.publish_once``, with nothing left open.

    Raises:
        Unavailable: the broker or the database does not answer; what was published is marked.
    """
    with Outbox(dsn, kafka_config) as outbox:
        return outbox.publish_once(limit=limit)


class Outbox:
    """Keeps its connection and its producer from call to call; both are made when first needed.

    For one thread at a time. After an error the next call begins with new ones.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.

    Attributes:
        may_have_left: whether the last call may have left messages that wait: it reached its limit,
            or another publisher was at work, who may have begun before they were written.
    """

    def __init__(self, dsn: str, kafka_config: Mapping[str, Any]) -> None:
        self._dsn = dsn
        self._sender = MessageSender(kafka_config, reports_each=True)
        self._database = contextlib.ExitStack()
        self._connection: psycopg.Connection[Any] | None = None
        self.may_have_left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what is open."""
        self.close()

    def close(self) -> None:
        """End the producer and the connection."""
        try:
            self._sender.close()
        finally:
            self._forget_connection()

    def publish_once(self, *, limit: int = MESSAGES_MAX) -> int:
        """Publish waiting messages in the order in which they were written, per topic.

        Args:
            limit: most messages in this call; the last announcement is finished beyond it.

        Returns:
            How many were published; 0 also when another publisher is at work.

        Raises:
            Unavailable: the broker or the database does not answer; what was published is marked.
        """
        published = 0
        self.may_have_left = True
        try:
            connection = self._connect()
            while published < limit:
                wanted = min(ROUND_MESSAGES, limit - published)
                count = self._publish_round(connection, wanted)
                if count is None:
                    break
                published += count
        except psycopg.OperationalError as error:
            self._forget_connection()
            raise Unavailable(f"the trade database broke off while publishing: {error}") from error
        except BaseException:
            self._forget_connection()
            raise
        return published

    def _publish_round(self, connection: psycopg.Connection[Any], limit: int) -> int | None:
        """How many were published; None when nothing waits, or another publisher is at work."""
        with connection.transaction():
            row = connection.execute(read_statement("outbox/lock")).fetchone()
            if row is None or not row[0]:
                log.info("another publisher is at work")
                return None
            load = _read_load(connection, limit)
            if not load.outgoing and not load.waiting:
                self.may_have_left = False
                return None
            failure = self._send(load)
            load.mark(connection)
        if failure is not None:
            raise failure
        return len(load.outgoing)

    def _send(self, load: _Load) -> PostTradeError | None:
        """The failure, if there was one: what was delivered is marked first."""
        if not load.outgoing:
            return None
        try:
            self._sender.send(load.outgoing, on_delivered=load.note_delivery)
        except PostTradeError as error:
            return error
        return None

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is not None:
            try:
                self._connection.execute("select")
            except psycopg.OperationalError:  # ended since the last call, which is no failure
                self._forget_connection()
        if self._connection is None:
            opened = connect(self._dsn, application_name="posttrade outbox")
            self._connection = self._database.enter_context(opened)
            self._connection.autocommit = True
        return self._connection

    def _forget_connection(self) -> None:
        self._connection = None
        with contextlib.suppress(Unavailable):  # of closing what is broken
            self._database.close()


@dataclasses.dataclass
class _Load:
    """Messages of one round, and what the broker said of them.

    Attributes:
        outgoing: all to be sent; the identity is an outbox_id, or a negative announcement_id.
        waiting: messages of each announcement that the broker does not have yet.
        absent: messages of each announcement that are not sent: their execution is gone.
        delivered: outbox_ids that the broker has.
    """

    outgoing: list[Message] = dataclasses.field(default_factory=list)
    waiting: dict[int, int] = dataclasses.field(default_factory=dict)
    absent: dict[int, int] = dataclasses.field(default_factory=dict)
    delivered: list[int] = dataclasses.field(default_factory=list)

    @property
    def withdrawn(self) -> int:
        return sum(self.absent.values())

    def note_delivery(self, identity: int) -> None:
        if identity > 0:
            self.delivered.append(identity)
        else:
            self.waiting[-identity] -= 1

    def mark(self, connection: psycopg.Connection[Any]) -> None:
        """Mark what is published; an announcement only when all of it is."""
        if self.delivered:
            connection.execute(
                read_statement("outbox/mark_published"), {"outbox_ids": self.delivered}
            )
        done = [number for number, count in self.waiting.items() if not count]
        if done:
            counts = [self.absent[number] for number in done]
            connection.execute(
                read_statement("outbox/mark_announced"),
                {"announcement_ids": done, "withdrawn_counts": counts},
            )
        if self.withdrawn:
            log.warning(
                "%d executions were quarantined before they were announced; they are not sent "
                "(withdrawn_count of outbox.announcements)",
                self.withdrawn,
            )


def _read_load(connection: psycopg.Connection[Any], limit: int) -> _Load:
    load = _Load()
    rows = connection.execute(
        read_statement("outbox/read_unpublished"), {"row_limit": limit}
    ).fetchall()
    for outbox_id, message_id, topic, key, payload in rows:
        load.outgoing.append(_outgoing(outbox_id, message_id, topic, key, payload))
    if len(rows) < limit:
        for row in _build_announced(connection, limit - len(rows)):
            announcement_id, message_id, topic, key, payload = row
            load.waiting.setdefault(announcement_id, 0)
            load.absent.setdefault(announcement_id, 0)
            if payload is None:
                load.absent[announcement_id] += 1
                continue
            load.waiting[announcement_id] += 1
            load.outgoing.append(_outgoing(-announcement_id, message_id, topic, key, payload))
    return load


def _build_announced(
    connection: psycopg.Connection[Any], limit: int
) -> Iterator[tuple[int, str, str, str, str | None]]:
    rows: Iterable[tuple[int, Any]] = connection.execute(
        read_statement("outbox/read_announcements"), {"row_limit": limit}
    ).fetchall()
    # the date is bound on the client's side: only its partition is planned
    cursor = psycopg.ClientCursor(connection)
    for business_date, group in groupby(rows, key=itemgetter(1)):
        announcement_ids = [row[0] for row in group]
        cursor.execute(
            read_statement("outbox/build_enriched_trades"),
            {"announcement_ids": announcement_ids, "business_date": business_date},
        )
        yield from cursor


def _outgoing(identity: int, message_id: str, topic: str, key: str | None, payload: str) -> Message:
    return Message(
        topic=topic,
        key=None if key is None else key.encode(),
        payload=payload.encode(),
        headers=((HEADER, message_id.encode()),),
        identity=identity,
    )
