"""A drain that stays open: what changes between its calls is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

import psycopg
import pytest

from posttrade import drain_session
from posttrade.drain import Drain, DrainLimits, drain_feeds
from posttrade.errors import Unavailable
from posttrade.feed_reader import FeedReader
from posttrade.watermarks import BrokerView, TopicFacts
from tests.ingest.conftest import PARTITIONS, Feeds

Make = Callable[..., bytes]
CALLS = 20


@pytest.fixture
def open_drain(feeds: Feeds) -> Iterator[Drain]:
    with Drain(feeds.dsn, feeds.kafka_config) as drain:
        yield drain


def count_staged(feeds: Feeds) -> int:
    return feeds.count("staging.executions")


def test_each_call_drains_what_came_since(
    feeds: Feeds, open_drain: Drain, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assigned = []
    real = FeedReader.begin

    def begin(reader: FeedReader, *arguments: object, **named: object) -> None:
        before = dict(reader._positions)
        real(reader, *arguments, **named)  # type: ignore[arg-type]
        assigned.append(before != reader._positions)

    monkeypatch.setattr(FeedReader, "begin", begin)
    for number in range(1, 6):
        assert not open_drain.has_work()
        feeds.send("trades", [make_trade(number * 1000 + i) for i in range(50)])
        assert open_drain.has_work()
        assert len(open_drain.drain_once(run_id=f"call {number}")) == number
        assert count_staged(feeds) == number * 50
    assert assigned == [True, False, False, False, False]
    assert feeds.ask("select sum(next_offset) from landing.offsets") == [(250,)]


def test_idle_calls_drain_nothing_and_small_ones_all(
    feeds: Feeds, open_drain: Drain, make_trade: Make
) -> None:
    feeds.send("trades", [make_trade(i) for i in range(50)])
    assert len(open_drain.drain_once(run_id="first")) == 1
    for number in range(CALLS):
        known = open_drain.drain_once(run_id="idle")
        feeds.send("trades", [make_trade(1000 + number)])
        assert open_drain.has_work()
        assert len(open_drain.drain_once(run_id="again")) == len(known) + 1
        assert not open_drain.has_work()
    assert count_staged(feeds) == 50 + CALLS


def test_what_another_drain_took_is_not_read_again(
    feeds: Feeds, open_drain: Drain, make_trade: Make
) -> None:
    for number in range(3):
        feeds.send("trades", [make_trade(number * 100 + i) for i in range(30)])
        drain_feeds(feeds.dsn, feeds.kafka_config, run_id="other")
        feeds.send("trades", [make_trade(number * 100 + 50 + i) for i in range(30)])
        open_drain.drain_once(run_id="open")
    assert count_staged(feeds) == 180
    assert not open_drain.has_work()


def test_new_partitions_are_found(
    feeds: Feeds, open_drain: Drain, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BrokerView.read_topics

    def fewer(broker: BrokerView, topics: Iterable[str]) -> dict[str, TopicFacts]:
        found = real(broker, topics)
        if "trades" in found:
            found["trades"] = TopicFacts(None, tuple(range(PARTITIONS - 1)))
        return found

    monkeypatch.setattr(drain_session, "TOPICS_KEPT_S", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(BrokerView, "read_topics", fewer)
        feeds.send("trades", [make_trade(i) for i in range(30)])
        open_drain.drain_once(run_id="before")
        assert count_staged(feeds) == 20
    time.sleep(0.2)
    open_drain.drain_once(run_id="after")
    assert count_staged(feeds) == 30


def test_changed_reference_data_counts_at_once(feeds: Feeds, open_drain: Drain) -> None:
    message = (
        b'{"trade_id":"A1","ticker":"AAPL","quantity":1,"price":2,'
        b'"timestamp":"2026-11-19T23:30:00Z"}'
    )
    feeds.send("executions", [message])
    open_drain.drain_once(run_id="before")
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute(
            "update reference.sources set timezone = 'Asia/Tokyo' where source_id = 'executions'"
        )
    feeds.send("executions", [message])
    open_drain.drain_once(run_id="after")
    assert feeds.ask("select business_date::text from staging.executions order by batch_id") == [
        ("2026-11-19",),
        ("2026-11-20",),
    ]


def test_next_day_is_noticed(
    feeds: Feeds, open_drain: Drain, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.send("trades", [make_trade(1)])
    open_drain.drain_once(run_id="today")
    real = drain_session.read_statement

    def read_tomorrow(name: str) -> bytes:
        text = real(name)
        return text.replace(b"::date", b"::date + 1") if name == "landing/read_state" else text

    monkeypatch.setattr(drain_session, "read_statement", read_tomorrow)
    feeds.send("trades", [make_trade(2)])
    open_drain.drain_once(run_id="tomorrow")
    assert feeds.ask("select count(*) from landing.message_blocks_default") == [(0,)]
    assert feeds.ask(
        "select received_on - min(received_on) over (), right(tableoid::regclass::text, 8)"
        " = to_char(received_on, 'YYYYMMDD')"
        " from landing.message_blocks order by 1"
    ) == [(0, True), (1, True)]


def test_broken_connections_are_opened_anew(
    feeds: Feeds, open_drain: Drain, make_trade: Make
) -> None:
    feeds.send("trades", [make_trade(1)])
    open_drain.drain_once(run_id="before")
    with psycopg.connect(feeds.dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name like 'posttrade drain%' and datname = current_database()"
        )
    feeds.send("trades", [make_trade(2)])
    with pytest.raises(Unavailable, match="the trade database broke off"):
        open_drain.drain_once(run_id="broken")
    open_drain.drain_once(run_id="after")
    assert count_staged(feeds) == 2


def test_broker_that_was_away_is_met_again(
    feeds: Feeds, make_trade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BrokerView.read_watermarks
    with Drain(feeds.dsn, feeds.kafka_config, limits=DrainLimits(idle_s=1)) as drain:
        feeds.send("trades", [make_trade(1)])
        drain.drain_once(run_id="before")
        starts = feeds.ask("select topic, partition, next_offset from landing.offsets")
        feeds.broker.stop()
        monkeypatch.setattr(
            BrokerView, "read_watermarks", lambda broker, places: real(broker, places, 1)
        )
        with pytest.raises(Unavailable):
            drain.drain_once(run_id="away")
        monkeypatch.undo()
        topics = dict.fromkeys(drain_session.FEEDS, PARTITIONS)
        feeds.broker.start(topics, starts=[place for place in starts if place[2]])
        feeds.send("trades", [make_trade(2)])
        drain.drain_once(run_id="after")
    assert count_staged(feeds) == 2


def test_waiting_drain_gets_its_turn(feeds: Feeds, make_trade: Make) -> None:
    """Two that ask without a pause take turns: neither starves."""
    counts = [0, 0]
    failures: list[BaseException] = []
    until = time.monotonic() + 3

    def ask(number: int) -> None:
        try:
            with Drain(feeds.dsn, feeds.kafka_config) as drain:
                while time.monotonic() < until:
                    drain.drain_once(run_id=str(number))
                    counts[number] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        feeds.send("trades", [make_trade(number)])
    for thread in threads:
        thread.join()
    assert not failures
    assert min(counts) > max(counts) / 4, counts
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="rest")
    assert count_staged(feeds) == 20
