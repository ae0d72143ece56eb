"""The demo's own answer: a little of everything is planted, and all of it is found."""

from __future__ import annotations

import json

import pytest

from .conftest import Instance

DAY = "2026-11-06"
UNUSUAL = ("late", "out_of_order", "corrected", "cancelled", "duplicates", "malformed", "hostile")


@pytest.fixture(scope="module")
def told(instance: Instance) -> str:
    return instance.run("demo", "--date", DAY, "--trades", "1000", "--hostile", "14").stdout


def test_found_is_planted(told: str) -> None:
    assert "found = planted: none missing, none extra" in told
    assert " no\n" not in told


def test_the_same_demo_again_finds_the_same(instance: Instance, told: str) -> None:
    assert told
    arguments = ("--date", DAY, "--trades", "1000", "--hostile", "14", "--json")
    answer = json.loads(instance.run("demo", *arguments).stdout.splitlines()[-1])
    assert {**answer["breaks"], **answer["other_breaks"]} == answer["planted"]
    assert answer["refused"] == {"planted": 38, "found": 38}
    assert all(answer["simulated"][name] for name in UNUSUAL)
    assert answer["outcomes"]["cancelled"]
    for totals in answer["control_totals"].values():
        explained = sum(totals[name] for name in ("accepted", "rejected", "duplicate"))
        assert totals["received"] == explained
