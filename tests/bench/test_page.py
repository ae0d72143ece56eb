"""The page of the benchmarks: whole in itself, and honest about what was not measured."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import harness, page
from bench.harness import Measured, Repetition, report, summarize

LOADS = re.compile(r"<(script|link|img|iframe)\b|\bsrc=|url\(|@import|https?://", re.IGNORECASE)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(harness, "RESULTS", tmp_path)

    def add(name: str, *sizes: int, seconds: float, peer: float | None) -> None:
        done = [Repetition(Measured(seconds * k, {}, 100.0), 1.0, peer) for k in (1.0, 1.1, 0.9)]
        rows = [
            summarize(name, size, "<b>other</b>" if peer else "", done, is_rate=False)
            for size in sizes
        ]
        report(name, rows, {"remark": f"{name} <took> time"} if peer else {})

    add("reconcile", 1_000_000, 5_000_000, seconds=1.2, peer=3.0)
    add("day", 100_000, 1_000_000, seconds=20.0, peer=None)
    return tmp_path


def test_the_page_loads_nothing_and_escapes(results: Path) -> None:
    text = page.write_page(results).read_text(encoding="utf-8")
    assert LOADS.search(re.sub(r"url\(#", "", text)) is None
    assert "<b>other</b>" not in text
    assert text.count("&lt;took&gt; time") == 1
    assert text.count("<svg") == 1 + 3 + 3  # overview; two sizes and the growth of each


def test_the_page_says_what_is_met_and_what_is_missing(results: Path) -> None:
    text = page.write_page(results, {"drain": "it ended with exit code 1"}).read_text("utf-8")
    assert "time / limit&#39;s time at 1,000,000 rows" in text
    assert '<span class="no">NO</span>' in text
    assert '<span class="yes">yes</span>' in text
    assert "<strong>drain did not come to an end</strong>" in text
    assert re.search(r"<tr><th>drain</th><td[^>]*>not measured</td>", text)


def test_every_benchmark_says_what_it_times() -> None:
    for name in ("drain", "reconcile", "day"):
        about: dict[str, Any] = page.read_docstring(name)
        assert about["question"].startswith("How ")
        assert {"product", "limit"} <= set(about)


def test_kept_results_can_be_laid_out(tmp_path: Path) -> None:
    for path in Path(page.__file__).with_name("results").glob("*.json"):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if "date" in kept:
            (tmp_path / path.name).write_text(json.dumps(kept), encoding="utf-8")
    assert page.write_page(tmp_path).is_file()
