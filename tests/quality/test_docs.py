"""Data Docs: readable offline, and no more of them than wanted."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import psycopg
import pytest

from posttrade.errors import GateFailed, InvariantBroken
from posttrade.quality import build_data_docs, docs, validate_day
from tests.quality.filling import insert, insert_records
from tests.quality.plants import good_row

DAY = dt.date(2026, 3, 16)


@pytest.fixture
def judged_dsn(trade_dsn: str) -> str:
    hostile = {**good_row("executions", DAY), "symbol": "<script>alert(1)</script>"}
    with psycopg.connect(trade_dsn, autocommit=True) as connection:
        insert_records(connection, "executions", [good_row("executions", DAY), hostile])
        received = {"batch_id": 0, "feed": "executions", "business_date": DAY, "received_count": 2}
        insert(connection, "control", "received_counts", [received])
    validate_day(trade_dsn, DAY, run_id="r1")
    return trade_dsn


def test_pages_load_nothing_and_hold_no_script(judged_dsn: str, tmp_path: Path) -> None:
    index = build_data_docs(judged_dsn, DAY, target_dir=tmp_path).index

    assert index == tmp_path / "2026-03-16" / "index.html"
    pages = sorted(path.name for path in index.parent.iterdir())
    assert pages == [
        "broker_confirmations_day.html",
        "executions_day.html",
        "index.html",
        "pnl_snapshot_day.html",
        "totals_day.html",
        "trades_day.html",
    ]
    for name in pages:
        text = (index.parent / name).read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        assert not re.search(r"<script|<link|<img|src=|https?:|url\(", text, re.IGNORECASE)
        for target in re.findall(r'href="([^"#]+)', text):
            assert (index.parent / target).is_file()


def test_pages_say_what_was_found(judged_dsn: str, tmp_path: Path) -> None:
    docs_built = build_data_docs(judged_dsn, DAY, target_dir=tmp_path)
    index = docs_built.index

    assert "1 of 2 rows outside" in index.read_text(encoding="utf-8")
    page = (index.parent / "executions_day.html").read_text(encoding="utf-8")
    assert "symbol_not_well_formed" in page
    assert "50% unexpected" in page.replace("\n", " ")


def test_built_twice_stands_once(judged_dsn: str, tmp_path: Path) -> None:
    build_data_docs(judged_dsn, DAY, target_dir=tmp_path)
    build_data_docs(judged_dsn, DAY, target_dir=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["2026-03-16"]


def test_old_dates_go(judged_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "DATES_KEPT_MAX", 2)
    for name in ("2026-03-12", "2026-03-13", "not-a-date"):
        (tmp_path / name).mkdir()

    build_data_docs(judged_dsn, DAY, target_dir=tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2026-03-13",
        "2026-03-16",
        "not-a-date",
    ]


def test_date_without_results_is_refused(trade_dsn: str, tmp_path: Path) -> None:
    with pytest.raises(GateFailed, match="2026-03-16 has no validation results"):
        build_data_docs(trade_dsn, DAY, target_dir=tmp_path)


@pytest.mark.parametrize(
    "page", ['<img src="x">', "<script>", "@import 'x'", '<a href="https://example.org">']
)
def test_page_that_would_load_something_is_not_written(page: str) -> None:
    with pytest.raises(InvariantBroken, match="would load something"):
        docs.check_page("page.html", page)
