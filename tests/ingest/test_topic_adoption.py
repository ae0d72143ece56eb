"""A topic that cannot be what was drained: its feed stops, people hear of it, and one goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from posttrade.drain import DrainLimits, drain_feeds
from posttrade.errors import ConfigurationError
from posttrade.topic_adoption import adopt_topic, list_topics
from posttrade.topic_identity import KnownTopic, StoredOffset, find_cut, find_fault
from posttrade.topics import TOPICS
from posttrade.watch import run_round
from posttrade.watermarks import TopicFacts, Watermarks
from tests.ingest.conftest import PARTITIONS, Feeds

Make = Callable[..., bytes]
LATER = dt.timedelta(seconds=30)
OFFSETS = {("trades", 0): StoredOffset(10), ("trades", 1): StoredOffset(25, 20)}


@pytest.mark.parametrize(
    ("known", "told", "said"),
    [
        (KnownTopic("a", True), TopicFacts("a", (0, 1, 2)), None),
        (KnownTopic("a", True), TopicFacts("b", (0, 1)), "made anew: its id is b, and a was"),
        (KnownTopic("a", True), TopicFacts(None, (0, 1)), "its id is not told, and a was"),
        (KnownTopic(None, True), TopicFacts("b", (0, 1)), "and one without an id was drained"),
        (KnownTopic(None, True), TopicFacts(None, (0, 1)), None),
        (KnownTopic(), TopicFacts("b", (0, 1)), None),  # drained before ids were kept
        (KnownTopic("a", True), TopicFacts("a", (0,)), r"trades[1] is gone"),
        (KnownTopic("a", True), None, "is not on the broker"),
    ],
)
def test_what_gives_a_topic_away(known: KnownTopic, told: TopicFacts, said: str | None) -> None:
    fault = find_fault("trades", known, told, OFFSETS)
    assert fault is None if said is None else said in (fault or "")


def test_anything_may_come_where_nothing_was_drained() -> None:
    assert find_fault("trades", KnownTopic("a", True), TopicFacts("b", (0,)), {}) is None


def test_end_is_compared_as_kafka_counts() -> None:
    ends = {("trades", 0): Watermarks(0, 10), ("trades", 1): Watermarks(0, 5)}
    assert find_cut(ends, OFFSETS, ends) is None
    ends["trades", 1] = Watermarks(0, 4)
    assert "trades[1] ends at offset 4, but 5 is drained" in (find_cut(ends, OFFSETS, ends) or "")


def test_a_person_goes_on_with_a_shorter_topic(feeds: Feeds, make_trade: Make) -> None:
    def drain(**limits: int) -> None:
        drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test", limits=DrainLimits(**limits))

    def look() -> list[tuple[str, str]]:
        run_round(feeds.dsn, feeds.kafka_config, as_of=dt.datetime.now(dt.timezone.utc) + LATER)
        return feeds.ask("select kind, summary from control.alert_findings order by finding_id")

    feeds.send("trades", [make_trade(i) for i in range(30)])
    drain(messages_max=15, batches_per_feed_max=1)
    held = 30 - feeds.count("landing.messages")
    with pytest.raises(ConfigurationError, match="is the one that is drained"):
        adopt_topic(feeds.dsn, feeds.kafka_config, "trades", adopted_by="a person")
    feeds.broker.stop()  # the embedded broker forgets: this is another topic of the name
    feeds.broker.start({topic.name: PARTITIONS for topic in TOPICS})
    drain()
    ((kind, summary),) = look()
    assert kind == "feed_stopped"
    assert "feed trades is stopped" in summary
    stopped = {row["topic"]: row["stop_reason"] for row in list_topics(feeds.dsn)}
    assert "ends at offset 0" in stopped.pop("trades")
    assert not any(stopped.values())

    adoption = adopt_topic(feeds.dsn, feeds.kafka_config, "trades", adopted_by="a person")
    assert adoption.generation == 2
    assert 0 < adoption.lost_count <= held  # a partition never read has no known end
    feeds.send("trades", [make_trade(100 + i) for i in range(30)])
    drain()
    assert feeds.count("staging.executions") == 30 - held + 30
    assert feeds.ask("select sum(lost_count) from landing.batch_ranges") == [(adoption.lost_count,)]
    assert {kind for kind, _ in look()} == {"feed_stopped", "offsets_lost"}
    assert feeds.ask(
        "select count(*), count(distinct (topic, partition, message_offset)) from landing.messages"
    ) == [(60 - held, 60 - held)]
