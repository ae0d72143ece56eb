"""A figure is held against its bar, and only at the size that the bar speaks of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.bars import BARS, Bar, is_full_size, judge, judge_bar


def row(rows: int, **figures: Any) -> dict[str, Any]:
    return {"variant": "", "rows": rows, "is_rate": False, "limit_ratio": None, **figures}


@pytest.mark.parametrize(
    ("ratio", "reaches", "beats"),
    [(0.85, True, True), (0.86, True, False), (1.0, True, False), (1.01, False, False)],
)
def test_a_bound_is_inclusive(ratio: float, reaches: bool, beats: bool) -> None:
    judged = judge("reconcile", [row(1_000_000, limit_ratio=ratio, seconds=1.0)])[0]
    assert (judged.reaches, judged.beats) == (reaches, beats)


def test_a_rate_has_to_be_high() -> None:
    rows = [row(601_000, limit_ratio=0.4, peer_ratio=4.9, seconds=1.0)]
    of_limit, of_peer = judge("drain", rows)
    assert (of_limit.reaches, of_limit.beats) == (True, False)
    assert (of_peer.reaches, of_peer.beats) == (False, None)


def test_another_size_is_not_judged() -> None:
    judged = judge("export", [row(10_000, limit_ratio=0.1, seconds=1.0)])[0]
    assert (judged.value, judged.reaches, judged.beats) == (None, None, None)
    assert "not measured" in judged.describe()


def test_growth_is_between_two_sizes() -> None:
    rows = [row(100_000, seconds=10.0), row(1_000_000, seconds=100.0)]
    seconds, exponent = judge("day", rows)
    assert seconds.reaches is False
    assert exponent.value == pytest.approx(1.0)
    bar = Bar("day", "", "growth", 1_000_000, "at_most", 9.0, None, 100_000)
    assert judge_bar(bar, rows).value == pytest.approx(10.0)


def test_only_a_whole_run_is_kept() -> None:
    assert not is_full_size("day", [row(1_000_000)])
    assert is_full_size("day", [row(100_000), row(1_000_000)])


def test_every_bar_can_be_read() -> None:
    names = {entry["benchmark"] for entry in json.loads(BARS.read_text())["bars"]}
    expected = {"drain", "reconcile", "cycle", "latency", "settle", "pnl", "export", "day"}
    assert names == expected
    assert all(judge(name, [])[0].value is None for name in names)
