from __future__ import annotations

import json
from typing import Any

import pytest

from posttrade.contracts.schema import CONTRACTS_ROOT, read_contract, read_schema
from posttrade.feeds import FEEDS
from tests.unit.contracts.staging_rows import stage

VERSIONS = [(feed.name, version) for feed in FEEDS.values() for version in feed.contract_versions]


def encode(message: Any) -> bytes:
    return json.dumps(message).encode()


def test_every_schema_belongs_to_a_feed() -> None:
    named = {f"{feed}.v{version}.schema.json" for feed, version in VERSIONS}
    assert {path.name for path in CONTRACTS_ROOT.glob("*.json")} == named


@pytest.mark.parametrize(("feed", "version"), VERSIONS)
def test_examples_are_accepted(feed: str, version: int) -> None:
    examples = read_schema(feed, version)["examples"]
    rows, rejects = stage(feed, list(map(encode, examples)), version)
    assert not rejects
    assert len(rows) == len(examples) > 0


@pytest.mark.parametrize(("feed", "version"), VERSIONS)
def test_counter_examples_are_refused_for_their_reason(feed: str, version: int) -> None:
    counters = read_schema(feed, version)["x-counter-examples"]
    _, rejects = stage(feed, [encode(counter["message"]) for counter in counters], version)
    assert [rejects[place].reason for place in sorted(rejects)] == [
        counter["reason"] for counter in counters
    ]


@pytest.mark.parametrize(("feed", "version"), VERSIONS)
def test_fields_are_described(feed: str, version: int) -> None:
    schema = read_schema(feed, version)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["x-feed"], schema["x-version"]) == (feed, version)
    for name, rules in schema["properties"].items():
        assert rules["description"].endswith("."), name
        if rules["type"] == "number":
            assert rules["x-unit"], name


@pytest.mark.parametrize("feed", FEEDS)
def test_lifted_versions_fill_what_the_newest_requires(feed: str) -> None:
    contract = read_contract(FEEDS[feed])
    required = {field.name for field in contract.newest.fields if field.is_required}
    standing_in = {field.name for field in contract.newest.fields if field.absence is not None}
    for version in contract.versions.values():
        own = {field.name for field in version.fields}
        assert set(version.lifted_names.values()) <= own
        filled = set(version.lifted_names) | set(version.lifted_values) | standing_in
        # reference data knows the asset class of an instrument
        assert required - filled <= {"asset_class"}


TEXT_VERSIONS = [
    (feed, version) for feed, version in VERSIONS if "x-text-form" in read_schema(feed, version)
]


@pytest.mark.parametrize(("feed", "version"), TEXT_VERSIONS)
def test_text_examples_say_what_the_schema_says(feed: str, version: int) -> None:
    examples = read_schema(feed, version)["x-text-examples"]
    rows, rejects = stage(feed, [example["text"].encode() for example in examples], version)
    assert not rejects
    for place, example in enumerate(examples):
        assert example["fields"].items() <= rows[place].items()


@pytest.mark.parametrize(("feed", "version"), TEXT_VERSIONS)
def test_text_counter_examples_are_refused_for_their_reason(feed: str, version: int) -> None:
    counters = read_schema(feed, version)["x-text-counter-examples"]
    _, rejects = stage(feed, [counter["text"].encode() for counter in counters], version)
    assert [rejects[place].reason for place in sorted(rejects)] == [
        counter["reason"] for counter in counters
    ]


def test_text_and_json_come_side_by_side() -> None:
    messages = [b"100,SBI,985", b'{"symbol":"SBI","quantity":100,"price":985}', b"-5,TCS,1"] * 20
    rows, rejects = stage("Trade_Order", list(messages))
    assert not rejects
    assert [rows[place]["answer_form"] for place in range(3)] == ["TEXT", "JSON", "TEXT"]
    assert [rows[place]["side"] for place in range(3)] == ["BUY", "BUY", "SELL"]
    assert rows[1]["flags"] == "{side_not_stated,currency_not_stated}"
    assert rows[0]["flags"] == "{currency_not_stated}"


def test_text_is_refused_where_a_contract_has_no_text_form() -> None:
    _, rejects = stage("trades", [b"100,SBI,985"])
    assert rejects[0].reason == "not_json"
