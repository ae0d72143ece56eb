from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from posttrade.batches import list_batches, reject_batch, retry_batch
from posttrade.drain import drain_feeds
from posttrade.errors import ConfigurationError
from posttrade.load import load_file
from posttrade.rejects import RejectFilter, export_rejects, list_rejects, replay_rejects
from tests.ingest.conftest import Feeds

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


def test_a_reject_names_its_file_and_line(feeds: Feeds, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("trade_id,pnl_impact,commission\nT1,1,0.5\n\nT2,1,000,0.5\nT3,x,1\n")
    load_file(feeds.kafka_config, "pnl_snapshot", path)
    lines = tmp_path / "day.ndjson"
    lines.write_text('\n{"trade_id": 1\n')
    load_file(feeds.kafka_config, "pnl_snapshot", lines)
    drain(feeds)
    found = {
        (r["source_file"], r["source_line"], r["reason"])
        for r in list_rejects(feeds.dsn, RejectFilter())
    }
    assert found == {
        ("day.csv", "4", "row_has_too_many_cells"),
        ("day.csv", "5", "wrong_type"),
        ("day.ndjson", "2", "not_json"),
    }
    (crowded,) = list_rejects(feeds.dsn, RejectFilter(reason="row_has_too_many_cells"))
    assert crowded["detail"].startswith("line 4 of the file has 4 cells, its header 3")
    feeds.send("pnl_snapshot", [b"?"])
    drain(feeds)
    assert [r["source_file"] for r in list_rejects(feeds.dsn, RejectFilter())][-1] is None


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
    (batch,) = list_batches(feeds.dsn, status="REJECTED")
    assert batch["status_reason"] == "sent twice by mistake"
    assert batch["reject_count"] == 3  # whoever refused them
    with pytest.raises(ConfigurationError, match="no batch 99"):
        reject_batch(feeds.dsn, 99, detail="x")
