"""The outbox: every message once, in order; repeated, it has the same id and bytes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

from posttrade import capture, sending
from posttrade.database import connect
from posttrade.errors import Unavailable
from posttrade.outbox import Outbox, publish_outbox
from tests.ingest.conftest import PARTITIONS, Feeds
from tests.sql.scenario import Stage

DATE = dt.date(2026, 10, 14)
TOPIC = "enriched-trades"
WAITING = "select count(*) from outbox.announcements where published_at is null"


@pytest.fixture
def promote(feeds: Feeds) -> Iterator[Callable[..., None]]:
    """Promotes executions with these trade ids, or with these terms."""
    with connect(feeds.dsn) as connection:
        stage = Stage(connection)

        def work(*trades: str | dict[str, Any]) -> None:
            records = [{"trade_id": t} if isinstance(t, str) else t for t in trades]
            batch_id = stage.add_batch(
                "executions", *({"business_date": DATE, **record} for record in records)
            )
            connection.commit()
            capture.promote_batches(feeds.dsn, [batch_id], run_id="test")

        yield work


def read(feeds: Feeds, count: int, topic: str = TOPIC) -> list[tuple[str, bytes, bytes]]:
    """The first messages of a topic: id, key, value, by partition."""
    consumer = Consumer({**feeds.kafka_config, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    messages = consumer.consume(count, 10)
    assert consumer.poll(0.3) is None, "more messages than expected"
    consumer.close()
    return [(dict(m.headers())["message-id"].decode(), m.key(), m.value()) for m in messages]


def test_messages_are_published_in_order_with_ids(feeds: Feeds) -> None:
    with psycopg.connect(feeds.dsn) as connection:
        connection.cursor().executemany(
            "insert into outbox.messages (message_id, topic, message_key, payload)"
            " values (%s, 'breaks', 'T1', %s)",
            [(f"m{number}", json.dumps({"number": number})) for number in range(50)],
        )
    assert publish_outbox(feeds.dsn, feeds.kafka_config, limit=20) == 20
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 30
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 0
    messages = read(feeds, 50, "breaks")
    assert [json.loads(value)["number"] for _, _, value in messages] == list(range(50))
    assert [message_id for message_id, _, _ in messages] == [f"m{n}" for n in range(50)]


def test_second_publisher_leaves_it_to_the_first(
    feeds: Feeds, promote: Callable[..., None]
) -> None:
    promote("1")
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('outbox.messages'))")
        assert publish_outbox(feeds.dsn, feeds.kafka_config) == 0
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 1


def test_an_enriched_trade_says_all_and_exactly(feeds: Feeds, promote: Callable[..., None]) -> None:
    exact = {"quantity": Decimal("0.1"), "price": Decimal("123456789.0123456789")}
    promote({"trade_id": "1", "counterparty_id": "ALDER", "flags": ["late"], **exact})
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 1
    ((message_id, key, value),) = read(feeds, 1)
    assert (message_id, key) == ("enriched-trades/2026-10-14/1/1", b"1")
    payload = json.loads(value, parse_float=Decimal)
    ((name, lei, validated_at),) = feeds.ask(
        "select c.counterparty_name, c.lei, e.recorded_at from trade.executions as e"
        " join reference.counterparties as c on c.counterparty_id = e.counterparty_id"
    )
    assert dt.datetime.fromisoformat(payload.pop("validated_at")) == validated_at
    assert payload == {
        "business_date": "2026-10-14",
        "trade_id": "1",
        "version": 1,
        "status": "EXECUTED",
        "source": "executions",
        "symbol": "AAPL",
        "asset_class": "EQUITY",
        "side": "BUY",
        "quantity": Decimal("0.1"),
        "price": Decimal("123456789.0123456789"),
        "currency": "USD",
        "trade_value": Decimal("12345678.90123456789"),
        "notional": Decimal("12345678.90123456789"),
        "brokerage_fee": 0,
        "clearing_fee": 0,
        "exchange_fee": 0,
        "counterparty": "ALDER",
        "counterparty_name": name,
        "counterparty_lei": lei,
        "venue": None,
        "account": "HOUSE",
        "strategy": "NONE",
        "executed_at": "2026-10-14T15:00:00+00:00",
        "settlement_date": "2026-10-15",
        "flags": ["late"],
    }


def test_only_accepted_versions_are_announced(feeds: Feeds, promote: Callable[..., None]) -> None:
    promote("1", "1", {"trade_id": "1", "version": 2, "status": "CORRECTED"}, "2")
    promote("1", {"trade_id": "2", "price": 1})
    promote({"trade_id": "3", "business_date": DATE + dt.timedelta(1)}, "3")
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 5
    assert sorted(message_id for message_id, _, _ in read(feeds, 5)) == [
        "enriched-trades/2026-10-14/1/1",
        "enriched-trades/2026-10-14/1/2",
        "enriched-trades/2026-10-14/2/1",
        "enriched-trades/2026-10-14/3/1",
        "enriched-trades/2026-10-15/3/1",
    ]


def test_a_repetition_has_the_same_bytes(feeds: Feeds, promote: Callable[..., None]) -> None:
    """As after a crash between sending and marking; reference data changed in between."""
    promote(*({"trade_id": str(number), "counterparty_id": "ALDER"} for number in range(20)))
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 20
    with connect(feeds.dsn) as connection:
        connection.execute(
            "update outbox.announcements set published_at = null, withdrawn_count = null"
        )
        connection.execute("update reference.counterparties set counterparty_name = 'Renamed'")
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 20
    messages = read(feeds, 40)
    assert len(set(messages)) == 20
    assert len({message_id for message_id, _, _ in messages}) == 20


def test_a_quarantined_execution_is_not_announced(
    feeds: Feeds, promote: Callable[..., None]
) -> None:
    promote("1", "2", "3")
    with connect(feeds.dsn) as connection:
        connection.execute("set local posttrade.records_leave to on")
        connection.execute("delete from trade.executions where trade_id = '2'")
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 2
    assert feeds.ask("select message_count, withdrawn_count from outbox.announcements") == [(3, 1)]
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 0
    assert {message_id[-3:] for message_id, _, _ in read(feeds, 2)} == {"1/1", "3/1"}


def test_an_open_outbox_goes_on_over_faults(
    feeds: Feeds, promote: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker goes away, then the server ends the kept connection."""
    with Outbox(feeds.dsn, feeds.kafka_config) as outbox:
        assert outbox.publish_once() == 0
        promote("1")
        assert outbox.publish_once() == 1
        promote("2")
        feeds.broker.stop()
        with monkeypatch.context() as patch:
            patch.setattr(sending, "ANSWER_DEADLINE_S", 0.3)
            with pytest.raises(Unavailable, match="does not answer"):
                outbox.publish_once()
        assert feeds.ask(WAITING) == [(1,)]
        feeds.broker.start(dict.fromkeys([TOPIC, "breaks"], PARTITIONS))
        assert outbox.publish_once() == 1
        promote("3")
        feeds.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'posttrade outbox'"
        )
        assert outbox.publish_once() == 1
        assert outbox.publish_once() == 0


def test_what_was_delivered_before_a_failure_is_marked(
    feeds: Feeds, promote: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    promote("1")
    promote("2")
    send = sending.MessageSender.send

    def break_off(sender: Any, messages: Any, *, on_delivered: Any) -> int:
        send(sender, messages[:1], on_delivered=on_delivered)
        raise Unavailable("the broker went away")

    with monkeypatch.context() as patch:
        patch.setattr(sending.MessageSender, "send", break_off)
        with pytest.raises(Unavailable):
            publish_outbox(feeds.dsn, feeds.kafka_config)
    assert feeds.ask(WAITING) == [(1,)]
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 1
    assert len(read(feeds, 2)) == 2


def test_an_announcement_is_finished_beyond_the_limit(
    feeds: Feeds, promote: Callable[..., None]
) -> None:
    promote(*map(str, range(30)))
    promote("a", "b")
    assert publish_outbox(feeds.dsn, feeds.kafka_config, limit=20) == 30
    assert publish_outbox(feeds.dsn, feeds.kafka_config, limit=20) == 2
