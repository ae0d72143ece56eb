"""Medians are of the ratios, and a result says on what it was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import harness
from bench.harness import Measured, Repetition, report, summarize

FIELDS = {
    "benchmark", "rows", "seconds", "limit_seconds", "limit_ratio", "peer", "peer_seconds",
    "peer_ratio", "peak_rss_mb",
}  # fmt: skip


def repetition(seconds: float, limit: float | None, peer: float | None) -> Repetition:
    return Repetition(Measured(seconds, {}, seconds * 10), limit, peer)


THREE = [repetition(2.0, 1.0, 4.0), repetition(9.0, 3.0, 9.0), repetition(4.0, 1.0, 2.0)]


def test_the_ratio_is_the_median_of_ratios() -> None:
    row = summarize("x", 10, "other", THREE, is_rate=False)
    assert (row.seconds, row.limit_seconds, row.peer_seconds) == (4.0, 1.0, 4.0)
    assert row.limit_ratio == 3.0  # of 2, 3, 4; not 4.0 / 1.0
    assert row.peer_ratio == 1.0  # of 2, 1, 0.5
    assert (row.limit_ratio_range, row.peak_rss_mb) == ((2.0, 4.0), 90.0)
    assert summarize("x", 10, "other", THREE, is_rate=True).limit_ratio == pytest.approx(0.333)


def test_a_benchmark_may_have_neither_limit_nor_peer() -> None:
    row = summarize("x", 10, "", [repetition(1.0, None, None)] * 3, is_rate=False)
    assert (row.limit_seconds, row.limit_ratio, row.peer_ratio) == (None, None, None)


def test_a_result_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    report("export", [summarize("export", 1_000_000, "pandas", THREE, is_rate=False)], {})
    written = json.loads((tmp_path / "export.json").read_text())
    assert set(written["rows"][0]) >= FIELDS
    assert len(written["rows"][0]["repetitions"]) == 3
    assert written["machine"]["cores"] > 0
    assert {"python", "commit", "psycopg"} <= set(written["versions"])
    assert "reach ≤ 1.7: NO" in capsys.readouterr().out


def test_a_trial_does_not_replace_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    report("export", [summarize("export", 10, "", THREE, is_rate=False)], {}, as_json=True)
    assert [path.name for path in tmp_path.iterdir()] == ["trials"]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["benchmark"] == "export"
