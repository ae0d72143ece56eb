from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

from posttrade.batches import list_batches, reject_batch, retry_batch
from posttrade.drain import drain_feeds
from posttrade.errors import ConfigurationError
from posttrade.load import load_file
from posttrade.outbox import publish_outbox
from posttrade.rejects import RejectFilter, export_rejects, list_rejects, replay_rejects
from tests.ingest.conftest import PARTITIONS, Feeds

Make = Callable[..., bytes]


def drain(feeds: Feeds) -> list[int]:
    return drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")


def test_files_arrive_as_rows(feeds: Feeds, tmp_path: Path) -> None:
    path = tmp_path / "pnl_snapshot.csv"
    path.write_text("trade_id,pnl_impact,commission\nT001,95.00,0.5\nT002,n/a,0.5\n")
    assert load_file(feeds.kafka_config, "pnl_snapshot", path).message_count == 2
    drain(feeds)
    assert feeds.ask("select trade_id, pnl_impact::text from staging.pnl_snapshots") == [
        ("T001", "95.00")
    ]
    assert feeds.ask("select reason from landing.rejects") == [("wrong_type",)]


def test_repaired_message_is_replayed_once(feeds: Feeds, make_trade: Make, tmp_path: Path) -> None:
    feeds.send("trades", [make_trade(1, quantity=0), b"\xff", make_trade(2, side="HOLD")])
    drain(feeds)
    path = tmp_path / "rejects.ndjson"
    with path.open("w", encoding="utf-8") as file:
        assert export_rejects(feeds.dsn, RejectFilter(feed="trades"), file) == 3
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("payload_base64") for line in lines].count("/w==") == 1
    for line in lines:
        if line["trade_id"] == "T1":
            line["payload"] = make_trade(1).decode()
    path.write_text("\n".join(map(json.dumps, lines)))
    result = replay_rejects(feeds.dsn, feeds.kafka_config, path)
    assert (result.replayed, result.unchanged, result.replayed_before) == (1, 2, 0)
    again = replay_rejects(feeds.dsn, feeds.kafka_config, path)
    assert (again.replayed, again.unchanged, again.replayed_before) == (0, 2, 1)
    drain(feeds)
    assert feeds.ask("select trade_id from staging.executions") == [("T1",)]
    back = feeds.ask(
        "select headers ->> 'replay-of' from landing.messages where headers ? 'replay-of'"
    )
    place = feeds.ask(
        "select topic || '/' || partition || '/' || message_offset from landing.rejects"
        " where trade_id = 'T1'"
    )
    assert back == place
    assert len(list_rejects(feeds.dsn, RejectFilter())) == 2
    assert len(list_rejects(feeds.dsn, RejectFilter(with_replayed=True))) == 3
    assert len(list_rejects(feeds.dsn, RejectFilter(reason="not_utf8"))) == 1


def test_unreadable_repair_file_sends_nothing(feeds: Feeds, tmp_path: Path) -> None:
    path = tmp_path / "bad.ndjson"
    for text in ("nonsense", "{}", '{"reject_id": 1, "payload": {}}'):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match="line 1"):
            replay_rejects(feeds.dsn, feeds.kafka_config, path)


def test_person_decides_on_a_stopped_batch(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(1), make_trade(2), b"?"])
    (batch_id,) = drain(feeds)
    with pytest.raises(ConfigurationError, match="is DRAINED"):
        retry_batch(feeds.dsn, batch_id)

    def stop() -> None:
        with psycopg.connect(feeds.dsn) as connection:
            connection.execute("update landing.batches set status = 'STOPPED', status_reason = 'x'")

    stop()
    assert drain(feeds) == []
    retry_batch(feeds.dsn, batch_id)
    assert drain(feeds) == [batch_id]
    stop()
    assert reject_batch(feeds.dsn, batch_id, detail="sent twice by mistake") == 2
    assert feeds.count("staging.executions") == 0
    assert feeds.ask(
        "select stage, reason, count(*) from landing.rejects group by 1, 2 order by 1"
    ) == [
        ("contract", "not_json", 1),
        ("person", "batch_refused", 2),
    ]
    assert feeds.ask("select sum(received_count) from control.received_counts") == [(3,)]
    assert list_batches(feeds.dsn) == []
    assert list_batches(feeds.dsn, status="REJECTED")[0]["status_reason"] == "sent twice by mistake"
    with pytest.raises(ConfigurationError, match="no batch 99"):
        reject_batch(feeds.dsn, 99, detail="x")


def test_outbox_is_published_in_order_with_ids(feeds: Feeds) -> None:
    with psycopg.connect(feeds.dsn) as connection:
        connection.cursor().executemany(
            "insert into outbox.messages (message_id, topic, message_key, payload)"
            " values (%s, 'enriched-trades', 'T1', %s)",
            [(f"m{number}", json.dumps({"number": number})) for number in range(50)],
        )
    assert publish_outbox(feeds.dsn, feeds.kafka_config, limit=20) == 20
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 30
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 0
    consumer = Consumer({**feeds.kafka_config, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition("enriched-trades", p, 0) for p in range(PARTITIONS)])
    messages = consumer.consume(50, 10)
    consumer.close()
    assert [json.loads(message.value())["number"] for message in messages] == list(range(50))
    assert [message.headers() for message in messages] == [
        [("message-id", f"m{number}".encode())] for number in range(50)
    ]


def test_second_publisher_leaves_it_to_the_first(feeds: Feeds) -> None:
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute(
            "insert into outbox.messages (message_id, topic, payload)"
            " values ('m1', 'enriched-trades', '{}')"
        )
        connection.commit()
        connection.execute("select pg_advisory_xact_lock(hashtext('outbox.messages'))")
        assert publish_outbox(feeds.dsn, feeds.kafka_config) == 0
    assert publish_outbox(feeds.dsn, feeds.kafka_config) == 1
