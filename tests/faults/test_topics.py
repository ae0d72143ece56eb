"""Topics that are deleted, made anew, cut or rewritten: nothing is lost silently, none mixed up."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer

from posttrade import feed_reader
from posttrade.drain import Drain, DrainLimits
from posttrade.drain_session import DrainSession
from posttrade.errors import ConfigurationError
from posttrade.topic_adoption import adopt_topic, list_topics
from posttrade.watch import run_round
from tests.conftest import wait_until
from tests.faults.brokers import PARTITIONS, KafkaCluster

Make = Callable[..., bytes]
LATER = dt.timedelta(seconds=30)
_producers = itertools.count(1)


class Town:
    """A Kafka, a trade database, and a drain between them that stays open."""

    def __init__(self, kafka: KafkaCluster, dsn: str, drain: Drain, make: Make) -> None:
        self.kafka, self.dsn, self.drain, self.make = kafka, dsn, drain, make
        self._numbers = itertools.count(1)

    def send(self, topic: str, count: int) -> None:
        producer = Producer({"bootstrap.servers": self.kafka.bootstrap_servers})
        for number in range(count):
            payload = self.make(next(self._numbers))
            producer.produce(topic, payload, partition=number % PARTITIONS)
        assert producer.flush(30) == 0

    def make_anew(self, topic: str) -> None:
        self.kafka.delete_topics([topic])
        self.kafka.create_topics([topic])

    def take(self, **limits: Any) -> None:
        self.look_again()
        if limits:
            with Drain(self.dsn, self.kafka.config, limits=DrainLimits(**limits)) as drain:
                drain.drain_once(run_id="limited")
        else:
            self.drain.drain_once(run_id="test")

    def take_all(self) -> tuple[int, int, int]:
        """Messages, empty and lost offsets that are drained altogether."""
        self.take()
        (sums,) = self.ask(
            "select sum(message_count)::int, sum(empty_count)::int, sum(lost_count)::int"
            " from landing.batch_ranges"
        )
        return (sums[0], sums[1], sums[2])

    def look_again(self) -> None:
        if self.drain._session is not None:
            self.drain._session._topics_read_at = float("-inf")

    def adopt(self, topic: str) -> Any:
        return adopt_topic(self.dsn, self.kafka.config, topic, adopted_by="a person")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self, table: str) -> int:
        return int(self.ask(f"select count(*) from {table}")[0][0])  # noqa: S608

    def stop_reason(self, topic: str) -> str:
        return next(
            row["stop_reason"] or "" for row in list_topics(self.dsn) if row["topic"] == topic
        )

    def alerts(self) -> list[tuple[Any, ...]]:
        run_round(
            self.dsn, self.kafka.config, as_of=dt.datetime.now(dt.timezone.utc) + LATER
        )  # fmt: skip
        return self.ask("select kind, summary from control.alert_findings order by 1")

    def check_places(self) -> None:
        """Every message has a place of its own, and ranges and messages agree."""
        assert self.ask(
            "select count(*) from landing.batch_ranges r where r.message_count <> ("
            " select count(*) from landing.messages m where m.topic = r.topic"
            " and m.partition = r.partition and m.message_offset >= r.first_offset"
            " and m.message_offset < r.end_offset)"
        ) == [(0,)]
        told = self.count("staging.executions") + self.count("landing.rejects")
        assert told == self.count("landing.messages")
        assert self.ask(
            "select count(*) from landing.batch_ranges a join landing.batch_ranges b"
            " using (topic, partition) where a.batch_id < b.batch_id"
            " and int8range(a.first_offset, a.end_offset)"
            " && int8range(b.first_offset, b.end_offset)"
        ) == [(0,)]


@pytest.fixture
def town(kafka: KafkaCluster, trade_dsn: str, make_trade: Make) -> Iterator[Town]:
    kafka.start()
    kafka.lay_topics()
    with Drain(trade_dsn, kafka.config) as drain:
        yield Town(kafka, trade_dsn, drain, make_trade)


def test_topic_made_anew_that_outgrew_the_old_one(town: Town) -> None:
    town.send("trades", 30)
    town.take()
    town.make_anew("trades")
    town.send("trades", 90)
    town.send("executions", 6)
    town.take()
    assert town.ask(
        "select feed, sum(message_count) from landing.batches group by 1 order by 1"
    ) == [
        ("executions", 6),
        ("trades", 30),
    ]
    assert "topic 'trades' was made anew: its id is" in town.stop_reason("trades")
    assert list(town.drain.stopped) == ["trades"]
    assert not town.drain.has_work()
    ((kind, summary),) = town.alerts()
    assert kind == "feed_stopped"
    assert "feed trades is stopped: topic 'trades' was made anew" in summary

    adoption = town.adopt("trades")
    assert (adoption.generation, adoption.lost_count, adoption.batch_id) == (2, 0, None)
    town.take()
    assert town.count("landing.messages") == 126
    assert town.stop_reason("trades") == ""
    assert town.ask("select distinct offset_base from landing.offsets where topic = 'trades'") == [
        (10,)
    ]
    town.check_places()
    assert not town.drain.has_work()
    with pytest.raises(ConfigurationError, match="is the one that is drained"):
        town.adopt("trades")


def test_what_the_old_topic_still_held_is_recorded(town: Town) -> None:
    town.send("trades", 30)
    town.take(messages_max=12, batches_per_feed_max=1)
    drained = town.count("landing.messages")
    assert drained < 30
    town.make_anew("trades")
    town.take()
    assert "was made anew" in town.stop_reason("trades")  # while it is shorter, too
    adoption = town.adopt("trades")
    # a partition of which nothing was read has no known end
    known = town.ask("select count(*) * 10 from landing.offsets where topic = 'trades'")[0][0]
    assert adoption.lost_count == known - drained
    assert town.ask("select sum(lost_count) from landing.batch_ranges") == [(known - drained,)]
    assert town.ask("select sum(lost_count) from landing.topic_adoptions") == [(known - drained,)]
    places = town.ask("select count(*) from landing.batch_ranges where lost_count > 0")[0][0]
    assert [kind for kind, _ in town.alerts()] == ["offsets_lost"] * places
    town.send("trades", 9)
    town.take()
    assert town.count("landing.messages") == drained + 9
    town.check_places()
    for _ in range(2):  # and once more: the third of its name
        town.make_anew("trades")
        town.send("trades", 60)
        town.take()
        town.adopt("trades")
        town.take()
        town.check_places()
    assert town.count("landing.messages") == drained + 9 + 120


def test_topic_replaced_between_reading_and_storing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.send("trades", 30)
    town.take()
    real = DrainSession.confirm_topic

    def replace_first(session: DrainSession, topic: str) -> None:
        if topic == "trades":
            town.make_anew("trades")
            town.send("trades", 60)
        real(session, topic)

    monkeypatch.setattr(DrainSession, "confirm_topic", replace_first)
    town.send("trades", 3)
    town.send("executions", 3)
    town.take()
    monkeypatch.undo()
    assert town.ask(
        "select feed, sum(message_count) from landing.batches group by 1 order by 1"
    ) == [
        ("executions", 3),
        ("trades", 30),
    ]
    town.take()
    assert "was made anew" in town.stop_reason("trades")
    town.adopt("trades")
    town.take()
    assert town.count("landing.messages") == 93
    town.check_places()


def test_missing_topic_stops_its_feed_only(town: Town) -> None:
    town.send("trades", 9)
    town.take()
    town.kafka.delete_topics(["trades"])
    town.send("executions", 9)
    town.take()
    assert town.count("landing.messages") == 18
    assert "topic 'trades' is not on the broker" in town.stop_reason("trades")
    with pytest.raises(ConfigurationError, match="is not on the broker"):
        town.adopt("trades")
    town.kafka.create_topics(["trades"])
    town.send("trades", 30)
    town.take()
    assert town.count("landing.messages") == 18
    town.adopt("trades")
    town.take()
    assert town.count("landing.messages") == 48
    town.check_places()


def test_topic_made_anew_before_anything_was_drained(town: Town) -> None:
    town.take()
    town.make_anew("trades")
    town.send("trades", 9)
    town.take()
    assert town.count("landing.messages") == 9
    assert town.stop_reason("trades") == ""


def test_open_and_aborted_transactions(town: Town) -> None:
    def begin() -> Producer:
        producer = Producer(
            {
                "bootstrap.servers": town.kafka.bootstrap_servers,
                "transactional.id": f"town-{next(_producers)}",
            }
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        for number in range(30):
            producer.produce("trades", town.make(1000 + number), partition=number % PARTITIONS)
        producer.flush(30)
        return producer

    town.send("trades", 3)
    producer = begin()
    town.take()
    assert town.count("landing.messages") == 3
    assert not town.drain.has_work()
    producer.commit_transaction(30)  # the markers follow a moment later
    wait_until(town.drain.has_work, 10)
    wait_until(lambda: town.take_all() == (33, 3, 0), 10)
    begin().abort_transaction(30)
    wait_until(lambda: town.take_all() == (33, 3 + 30 + 3, 0), 10)
    assert not town.drain.has_work()
    assert town.count("landing.messages") == 33
    town.check_places()


def test_records_cut_off_while_the_drain_stays_open(town: Town) -> None:
    """An offset that retention takes under an open consumer is recorded, and read on behind it."""
    from confluent_kafka import TopicPartition

    town.send("trades", 9)
    town.take()
    town.send("trades", 60)
    cut = {TopicPartition("trades", 0, 13): None}
    town.kafka.administer(lambda admin: admin.delete_records(list(cut)))
    town.take()
    town.take()
    assert town.ask("select sum(lost_count) from landing.batch_ranges") == [(10,)]
    assert town.count("landing.messages") == 59
    assert ("offsets_lost",) in [row[:1] for row in town.alerts()]
    assert feed_reader.CONSUME_MESSAGES_MAX > 60
    town.check_places()


def test_large_messages_pass_by_the_small_ones(town: Town) -> None:
    """Larger than a fetch, and than what a contract takes: a reject that keeps its bytes."""
    size = 5 * 1024 * 1024
    town.kafka.delete_topics(["trades"])
    town.kafka.create_topics(["trades"], max_message_bytes=str(8 * 1024 * 1024))
    producer = Producer(
        {
            "bootstrap.servers": town.kafka.bootstrap_servers,
            "message.max.bytes": 8 * 1024 * 1024,
        }
    )
    for number in range(3):
        producer.produce("trades", b"x" * size, partition=0)
        producer.produce("trades", town.make(number), partition=0)
    assert producer.flush(60) == 0
    town.take()
    assert town.ask("select message_offset, reason, length(payload) from landing.rejects") == [
        (offset, "message_too_large", size) for offset in (0, 2, 4)
    ]
    assert town.count("staging.executions") == 3
    assert not town.drain.has_work()
    town.check_places()
