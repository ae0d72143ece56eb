"""Every rule of every suite catches its planted row, and no rule minds the good ones."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from posttrade.contracts.values import DAYS_AHEAD_MAX
from posttrade.quality.batches import ROW_LEVELS
from posttrade.quality.engine import open_engine
from posttrade.quality.verdict import Verdict
from tests.quality.filling import insert, insert_batch, insert_records
from tests.quality.plants import (
    RECORD_TYPES,
    STAGED_TYPES,
    SUITES,
    TODAY,
    days,
    good_row,
    instant,
    row_plants,
    suite_rules,
)

DAY = dt.date(2026, 3, 16)
EARLY_DAY = dt.date(1989, 12, 29)
GOOD_ROWS = 3
FEED_RULES = [
    (feed, suffix, rule)
    for feed in STAGED_TYPES
    for suffix in (("", "_day") if feed in RECORD_TYPES else ("",))
    for rule in suite_rules(feed + suffix)
]


AHEAD = {"message_lead_days", "days_ahead_of_today", "record_lead_days"}


@pytest.mark.parametrize("suite", sorted(path.stem for path in SUITES.glob("*.json")))
def test_no_rule_lies_beyond_what_the_drain_lets_through(suite: str) -> None:
    for each in json.loads((SUITES / f"{suite}.json").read_text())["expectations"]:
        if each["kwargs"].get("column") in AHEAD:
            assert each["kwargs"]["max_value"] < DAYS_AHEAD_MAX, each["meta"]["rule"]


def test_every_suite_is_tested() -> None:
    names = {path.stem for path in SUITES.glob("*.json")}
    assert names == {*STAGED_TYPES, *(f"{feed}_day" for feed in RECORD_TYPES), "totals_day"}


@pytest.mark.parametrize("suite", sorted(path.stem for path in SUITES.glob("*.json")))
def test_rules_are_named_and_explained(suite: str) -> None:
    for each in json.loads((SUITES / f"{suite}.json").read_text())["expectations"]:
        meta = each["meta"]
        assert meta["rule"].replace("_", "").isalnum()
        assert meta["rule"] == meta["rule"].lower()
        assert meta["level"] in ("reject", "warn", "stop")
        assert meta["sentence"].endswith(".")


def judge_batch(dsn: str, feed: str, batch_id: int, staged_count: int) -> Verdict:
    return open_engine(dsn).validate(
        feed,
        {"gx.batch_id": str(batch_id)},
        {"staged_count": staged_count},
        with_rows_of=ROW_LEVELS,
    )


def judge_day(dsn: str, feed: str, date: dt.date) -> Verdict:
    settings = {"gx.business_date": date.isoformat(), "gx.feed": feed}
    return open_engine(dsn).validate(f"{feed}_day", settings, {}, with_rows_of=ROW_LEVELS)


@pytest.fixture(scope="module")
def broken_rules(quality_dsn: str) -> Iterator[Callable[[str, str], dict[str, set[str]]]]:
    """For a feed and suffix: planted rule to the rules that its row was found to break."""
    known: dict[tuple[str, str], dict[str, set[str]]] = {}

    def find(feed: str, suffix: str) -> dict[str, set[str]]:
        if (feed, suffix) not in known:
            with psycopg.connect(quality_dsn, autocommit=True) as connection:
                plant = plant_batch if suffix == "" else plant_day
                known[feed, suffix] = plant(quality_dsn, connection, feed)
        return known[feed, suffix]

    yield find


def plant_batch(dsn: str, connection: psycopg.Connection[Any], feed: str) -> dict[str, set[str]]:
    """Every planted row of a feed in one batch beside good ones."""
    plants = row_plants(feed, TODAY)
    rules = [rule for rule in suite_rules(feed) if rule in plants]
    rows = [good_row(feed, TODAY) for _ in range(GOOD_ROWS)]
    rows += [{"trade_id": f"T-{rule}", **good_row(feed, TODAY), **plants[rule]} for rule in rules]
    complete = [
        {"trade_id": f"T-good{n}", "message_at": instant(TODAY), **row}
        for n, row in enumerate(rows)
    ]
    batch_id = insert_batch(connection, feed, complete)
    offsets = connection.execute(
        "select message_offset from landing.messages where batch_id = %s order by 1", (batch_id,)
    ).fetchall()
    verdict = judge_batch(dsn, feed, batch_id, len(rows))
    return sort_findings(verdict, [offset for (offset,) in offsets], rules)


def plant_day(dsn: str, connection: psycopg.Connection[Any], feed: str) -> dict[str, set[str]]:
    """Every planted record of a feed on one business date beside good ones."""
    date = DAY + days(list(RECORD_TYPES).index(feed))
    plants = {
        **row_plants(feed, date),
        "business_date_too_far_ahead": {"recorded_at": instant(date) - days(184)},
    }
    early = "business_date_before_1990"
    rules = [rule for rule in suite_rules(f"{feed}_day") if rule in plants and rule != early]
    rows = [good_row(feed, date) for _ in range(len(rules) + GOOD_ROWS)]
    for row, rule in zip(rows[GOOD_ROWS:], rules, strict=True):
        row.update(plants[rule])
    place = 1_000_000
    for number, row in enumerate(rows):
        identity = {"trade_id": f"{feed}-{number}", "recorded_at": instant(date)}
        insert_records(connection, feed, [{"message_offset": place + number, **identity, **row}])
    verdict = judge_day(dsn, feed, date)
    found = sort_findings(verdict, [place + number for number in range(len(rows))], rules)
    insert_records(connection, feed, [good_row(feed, EARLY_DAY)])
    found[early] = {
        result.rule for result in judge_day(dsn, feed, EARLY_DAY).rules if not result.is_success
    }
    return found


def sort_findings(verdict: Verdict, offsets: list[int], rules: list[str]) -> dict[str, set[str]]:
    broken: dict[int, set[str]] = {offset: set() for offset in offsets}
    for result in verdict.rules:
        assert result.error is None, result.describe()
        for key in result.failing_rows:
            broken[key.message_offset].add(result.rule)
    assert not any(broken[offset] for offset in offsets[:GOOD_ROWS])
    assert not verdict.stops
    return dict(zip(rules, (broken[offset] for offset in offsets[GOOD_ROWS:]), strict=True))


@pytest.mark.parametrize(("feed", "suffix", "rule"), FEED_RULES)
def test_rule_catches_its_planted_row(
    broken_rules: Callable[[str, str], dict[str, set[str]]],
    connection: psycopg.Connection[Any],
    quality_dsn: str,
    feed: str,
    suffix: str,
    rule: str,
) -> None:
    levels = suite_rules(feed + suffix)
    if levels[rule] == "stop":
        failed = {result.rule for result in STOPS[rule](quality_dsn, connection, feed).stops}
        assert failed == {rule}
        return
    broken = broken_rules(feed, suffix)[rule]
    assert rule in broken
    assert {each for each in broken if levels[each] == levels[rule]} == {rule}


def miscount(dsn: str, connection: psycopg.Connection[Any], feed: str) -> Verdict:
    batch_id = insert_batch(connection, feed, [good_row(feed, TODAY)])
    return judge_batch(dsn, feed, batch_id, 2)


def mix_feeds(dsn: str, connection: psycopg.Connection[Any], feed: str) -> Verdict:
    rows = [good_row(feed, TODAY), {**good_row(feed, TODAY), "feed": "elsewhere"}]
    rows[0]["feed"] = feed
    return judge_batch(dsn, feed, insert_batch(connection, feed, rows), 2)


def advance_clock(dsn: str, connection: psycopg.Connection[Any], feed: str) -> Verdict:
    rows = [{**good_row(feed, TODAY), "message_at": instant(TODAY) + days(8)} for _ in range(3)]
    return judge_batch(dsn, feed, insert_batch(connection, feed, rows), 3)


def record_early(dsn: str, connection: psycopg.Connection[Any], feed: str) -> Verdict:
    date = DAY + days(14)
    rows = [{**good_row(feed, date), "recorded_at": instant(date) - days(31)} for _ in range(3)]
    insert_records(connection, feed, rows)
    return judge_day(dsn, feed, date)


STOPS: dict[str, Callable[[str, psycopg.Connection[Any], str], Verdict]] = {
    "staged_rows_missing_or_extra": miscount,
    "row_of_another_feed": mix_feeds,
    "most_messages_ahead_of_clock": advance_clock,
    "day_recorded_far_before_it_happened": record_early,
}


def judge_totals(dsn: str, date: dt.date) -> set[str]:
    settings = {"gx.business_date": date.isoformat()}
    verdict = open_engine(dsn).validate("totals_day", settings, {})
    assert all(result.error is None for result in verdict.rules)
    return {result.rule for result in verdict.rules if not result.is_success}


def count_received(connection: psycopg.Connection[Any], feed: str, date: dt.date, n: int) -> None:
    row = {"batch_id": 0, "feed": feed, "business_date": date, "received_count": n}
    insert(connection, "control", "received_counts", [row])


def lose_record(connection: psycopg.Connection[Any], date: dt.date) -> None:
    count_received(connection, "trades", date, 1)


def repeat_key(connection: psycopg.Connection[Any], date: dt.date) -> None:
    connection.execute("alter table trade.pnl_snapshots drop constraint pnl_snapshots_pk")
    rows = [{**good_row("pnl_snapshot", date), "trade_id": "T1"} for _ in range(2)]
    insert_records(connection, "pnl_snapshot", rows)
    count_received(connection, "pnl_snapshot", date, 2)


def stop_batch(connection: psycopg.Connection[Any], date: dt.date) -> None:
    batch_id = insert_batch(connection, "trades", [good_row("trades", date)])
    connection.execute(
        "update landing.batches set status = 'STOPPED' where batch_id = %s", (batch_id,)
    )


def silence_feed(connection: psycopg.Connection[Any], date: dt.date) -> None:
    insert_records(connection, "executions", [good_row("executions", date)])
    count_received(connection, "executions", date, 1)


def shrink_day(connection: psycopg.Connection[Any], date: dt.date) -> None:
    counts = {"received_count": 100, "accepted_count": 100, "rejected_count": 0}
    for back in range(1, 6):
        key = {"business_date": date - days(back), "feed": "trades", "duplicate_count": 0}
        insert(connection, "control", "date_totals", [{**key, **counts}])
    insert_records(connection, "trades", [good_row("trades", date) for _ in range(19)])
    count_received(connection, "trades", date, 19)


TOTALS: dict[str, Callable[[psycopg.Connection[Any], dt.date], None]] = {
    "records_unaccounted_for": lose_record,
    "trade_id_and_version_repeated": repeat_key,
    "stopped_batch_holds_records": stop_batch,
    "expected_feed_silent": silence_feed,
    "record_count_far_from_usual": shrink_day,
}


@pytest.mark.parametrize("rule", suite_rules("totals_day"))
def test_totals_rule_catches_its_planted_day(trade_dsn: str, rule: str) -> None:
    with psycopg.connect(trade_dsn, autocommit=True) as connection:
        assert judge_totals(trade_dsn, DAY) == set()
        TOTALS[rule](connection, DAY)
        assert judge_totals(trade_dsn, DAY) == {rule}
