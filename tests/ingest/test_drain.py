from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from posttrade.backlog import is_capture_idle, measure_backlog, read_watermarks
from posttrade.capture_progress import describe_stopped_batches
from posttrade.drain import DrainLimits, drain_feeds
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.topics import TOPICS
from posttrade.watermarks import BrokerView, Watermarks
from tests.ingest.conftest import PARTITIONS, Feeds

Make = Callable[..., bytes]


def drain(feeds: Feeds, **limits: Any) -> list[int]:
    return drain_feeds(
        feeds.dsn,
        feeds.kafka_config,
        run_id="test",
        limits=DrainLimits(**limits) if limits else None,
    )


def test_messages_become_rows_once(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(i) for i in range(1000)])
    batches = drain(feeds)
    assert len(batches) == 1
    assert drain(feeds) == batches  # unfinished, nothing new
    assert feeds.count("landing.messages") == feeds.count("staging.executions") == 1000
    assert feeds.ask("select sum(next_offset) from landing.offsets") == [(1000,)]
    assert feeds.ask("select feed, status, message_count from landing.batches") == [
        ("trades", "DRAINED", 1000)
    ]
    assert feeds.ask("select count(*) from landing.message_blocks_default") == [(0,)]


def test_message_is_kept_byte_for_byte(feeds: Feeds, make_trade: Make) -> None:
    headers = [("contract-version", b"1"), ("a", b"\xff\xfe"), ("a", b"x\0"), ("b", None)]
    payload = make_trade(1) + b" \n"
    feeds.send("trades", [payload, None, b"\0\xff"], headers=headers)
    drain(feeds)
    stored = feeds.ask("select payload, headers, message_key from landing.messages order by 1")
    assert {row[0] for row in stored} == {payload, None, b"\0\xff"}
    assert stored[0][1] == {
        "contract-version": "1",
        "a": [{"base64": "//4="}, {"base64": "eAA="}],
        "b": None,
    }
    assert {row[2] for row in stored} == {None, b"k1", b"k2"}
    reasons = dict(feeds.ask("select reason, payload from landing.rejects"))
    assert reasons == {"empty_message": None, "not_utf8": b"\0\xff"}


def test_limits_cut_batches_and_nothing_is_left_between(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(i) for i in range(2500)])
    assert len(drain(feeds, messages_max=1000, batches_per_feed_max=2)) == 2
    assert measure_backlog(feeds.dsn, feeds.kafka_config).waiting == 500
    assert len(drain(feeds, messages_max=1000, bytes_max=10_000)) >= 3
    assert feeds.count("staging.executions") == 2500
    assert feeds.ask("select count(distinct trade_id) from staging.executions") == [(2500,)]
    assert measure_backlog(feeds.dsn, feeds.kafka_config).waiting == 0


@pytest.mark.parametrize(
    "large", [{"headers": [("note", b"x" * 5_000)]}, {"key": b"k" * 5_000}], ids=["headers", "keys"]
)
def test_keys_and_headers_count_as_bytes(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch, large: dict[str, Any]
) -> None:
    monkeypatch.setattr("posttrade.feed_reader.CONSUME_MESSAGES_MAX", 5)
    feeds.send("trades", [b"?"] * 200, partition=0, **large)
    assert len(drain(feeds, bytes_max=100_000, batches_per_feed_max=100)) == 10


def test_idle_means_drained_and_finished(feeds: Feeds, make_trade: Make) -> None:
    assert is_capture_idle(feeds.dsn, read_watermarks(feeds.kafka_config))
    feeds.send("trades", [make_trade(1)])
    watermarks = read_watermarks(feeds.kafka_config)
    assert not is_capture_idle(feeds.dsn, watermarks)
    drain(feeds)
    assert not is_capture_idle(feeds.dsn, watermarks)
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute("update landing.batches set status = 'RECONCILED'")
    assert is_capture_idle(feeds.dsn, watermarks)


def test_two_drains_at_once_store_each_message_once(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(i) for i in range(4000)])
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(drain(feeds, messages_max=500, batches_per_feed_max=100))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(outcome, list) for outcome in outcomes), outcomes
    assert feeds.count("landing.messages") == feeds.count("staging.executions") == 4000
    assert feeds.ask("select sum(message_count) from landing.batches") == [(4000,)]


def test_what_retention_took_is_recorded(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(i) for i in range(30)])
    drain(feeds)
    feeds.broker.stop()
    start = 100  # the topic begins later than what was drained: offsets 10 to 99 are gone
    feeds.broker.start(
        {topic.name: PARTITIONS if topic.name == "trades" else 1 for topic in TOPICS},
        starts=[("trades", 0, start), ("trades", 1, 10), ("trades", 2, 10)],
    )
    feeds.send("trades", [make_trade(1000)], partition=0)
    drain(feeds)
    found = feeds.ask(
        "select first_offset, end_offset, message_count, lost_count from landing.batch_ranges"
        " where lost_count > 0"
    )
    low = read_watermarks(feeds.kafka_config)["trades", 0].first_offset
    assert low > 10
    assert len(found) == 1
    assert found[0][3] == low - 10
    assert feeds.ask("select count(*) from staging.executions where trade_id = 'T1000'") == [(1,)]


def test_topic_that_ends_too_early_stops_its_feed_only(feeds: Feeds, make_trade: Make) -> None:
    feeds.send("trades", [make_trade(i) for i in range(30)])
    drain(feeds)
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute("update landing.offsets set next_offset = 999 where partition = 0")
    feeds.send("trades", [make_trade(31)])
    feeds.send("broker_confirmations", [b"?"])
    drain(feeds)
    assert feeds.count("staging.executions") == 30
    assert feeds.count("landing.rejects") == 1
    ((topic, reason),) = feeds.ask(
        "select topic, stop_reason from landing.topics where stopped_at is not null"
    )
    assert topic == "trades"
    assert "trades[0] ends at offset 11, but 999 is drained already" in reason
    assert is_capture_idle(feeds.dsn, read_watermarks(feeds.kafka_config)) is False  # batches
    assert f"feed trades is stopped ({reason[:100]}" in "".join(
        describe_stopped_batches(feeds.dsn, dt.date(2026, 11, 20))
    )
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute(
            "update landing.offsets set next_offset = 10 where partition = 0 and topic = 'trades'"
        )
    drain(feeds)  # restored: it goes on by itself
    assert feeds.count("staging.executions") == 31
    assert feeds.ask("select count(*) from landing.topics where stopped_at is not null") == [(0,)]


def test_first_drain_begins_at_the_first_offset_there_is(
    feeds: Feeds, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.send("trades", [make_trade(i) for i in range(30)])

    def later(_broker: Any, places: Any) -> dict[Any, Watermarks]:
        kept, empty = Watermarks(4, 10), Watermarks(0, 0)
        return {place: kept if place[0] == "trades" else empty for place in places}

    monkeypatch.setattr(BrokerView, "read_watermarks", later)
    drain(feeds)
    assert feeds.count("landing.messages") == 18
    assert feeds.ask("select distinct first_offset, lost_count from landing.batch_ranges") == [
        (4, 0)
    ]


def test_silent_broker_is_unavailable(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds.broker.stop()
    real = BrokerView.read_topics
    monkeypatch.setattr(
        BrokerView, "read_topics", lambda broker, topics: real(broker, topics, timeout_s=1)
    )
    with pytest.raises(Unavailable, match="the broker does not answer"):
        drain(feeds, idle_s=1)


def test_broker_that_dies_while_read_is_unavailable(
    feeds: Feeds, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.send("trades", [make_trade(i) for i in range(30)])
    real = BrokerView.read_watermarks

    def read_then_die(*arguments: Any) -> Any:
        found = real(*arguments)
        feeds.broker.stop()
        return found

    monkeypatch.setattr(BrokerView, "read_watermarks", read_then_die)
    with pytest.raises(Unavailable, match="sent nothing of trades for 1 s"):
        drain(feeds, idle_s=1)
    assert feeds.count("landing.batches") == 0


def test_missing_reference_data_is_said(feeds: Feeds) -> None:
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute("truncate reference.sources cascade")
    with pytest.raises(ConfigurationError, match=r"reference\.sources is empty"):
        drain(feeds)


def test_many_callers_make_one_partition(trade_dsn: str) -> None:
    failures: list[BaseException] = []
    callers = 6
    barrier = threading.Barrier(callers)

    def make() -> None:
        try:
            with psycopg.connect(trade_dsn) as connection:
                connection.execute("select landing.ensure_message_partition('2001-01-01')")
                connection.rollback()
                barrier.wait()
                connection.execute("select landing.ensure_message_partition('2001-01-02')")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
