"""Publishes what transactions left in ``outbox.messages``: at least once, each with its own id.

A message is marked only after the broker has it. A crash in between publishes it again with the
same ``message-id`` header, by which consumers drop what they have seen.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import psycopg

from posttrade.database import connect
from posttrade.errors import PostTradeError, Unavailable
from posttrade.sending import Message, send_messages
from posttrade.statements import read_statement

MESSAGES_MAX = 50_000
ROUND_MESSAGES = 5_000
HEADER = "message-id"
log = logging.getLogger(__name__)


def publish_outbox(dsn: str, kafka_config: Mapping[str, Any], *, limit: int = MESSAGES_MAX) -> int:
    """Publish waiting messages in the order in which they were written.

    Args:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        limit: most messages in this call.

    Returns:
        How many were published; 0 also when another publisher is at work.

    Raises:
        Unavailable: the broker or the database does not answer; what was published is marked.
    """
    published = 0
    try:
        with connect(dsn, application_name="posttrade outbox") as connection:
            connection.autocommit = True
            while published < limit:
                wanted = min(ROUND_MESSAGES, limit - published)
                count = _publish_round(connection, kafka_config, wanted)
                published += count
                if count < wanted:
                    break
    except psycopg.OperationalError as error:
        raise Unavailable(f"the trade database broke off while publishing: {error}") from error
    return published


def _publish_round(
    connection: psycopg.Connection[Any], kafka_config: Mapping[str, Any], limit: int
) -> int:
    delivered: list[int] = []
    failure: PostTradeError | None = None
    with connection.transaction():
        row = connection.execute(read_statement("outbox/lock")).fetchone()
        if row is None or not row[0]:
            log.info("another publisher is at work")
            return 0
        rows = connection.execute(
            read_statement("outbox/read_unpublished"), {"row_limit": limit}
        ).fetchall()
        if not rows:
            return 0
        try:
            send_messages(kafka_config, map(_outgoing, rows), on_delivered=delivered.append)
        except PostTradeError as error:
            failure = error  # what was delivered is marked first
        connection.execute(read_statement("outbox/mark_published"), {"outbox_ids": delivered})
    if failure is not None:
        raise failure
    return len(delivered)


def _outgoing(row: tuple[int, str, str, str | None, str]) -> Message:
    outbox_id, message_id, topic, key, payload = row
    return Message(
        topic=topic,
        key=None if key is None else key.encode(),
        payload=payload.encode(),
        headers=((HEADER, message_id.encode()),),
        identity=outbox_id,
    )
