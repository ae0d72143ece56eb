"""Marks from topic to table, and from a file: once each, corrected by later statements."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from posttrade.capture_rounds import CaptureRounds, RoundLimits
from posttrade.load import load_file
from tests.ingest.conftest import Feeds

ROUNDS = RoundLimits(lasts_s=20, idle_s=0.6, round_s=0.0, poll_s=0.1)


def capture(feeds: Feeds) -> None:
    CaptureRounds(feeds.dsn, feeds.kafka_config, run_id="test", limits=ROUNDS).run()


def mark(**changes: Any) -> bytes:
    message = {
        "symbol": "AAPL",
        "price": 190.5,
        "currency": "USD",
        "trade_date": "2026-11-19",
        "mark_source": "official_close",
        "observed_at": "2026-11-19T21:00:00Z",
    }
    return json.dumps({**message, **changes}).encode()


def test_marks_become_versions_duplicates_conflicts_and_rejects(feeds: Feeds) -> None:
    feeds.send(
        "marks",
        [
            mark(),
            mark(),
            mark(price=191),
            mark(price=192, observed_at="2026-11-19T22:00:00Z"),
            mark(mark_source="a_friend"),
            mark(symbol="EURUSD", mark_kind="FX", currency="EUR"),
            b"{}",
            mark(price=float("nan")),
            mark(price=0),
            mark(price=-3),
            mark(symbol="CLF7", price=-37.63),
            mark(symbol="NEW1", price=5),
            mark(symbol="NEW1", price=-5, observed_at="2026-11-19T22:00:00Z"),
        ],
        partition=0,
    )
    capture(feeds)
    assert feeds.ask(
        "select symbol, price, source from market.marks_on('2026-11-19') order by 1"
    ) == [
        ("AAPL", Decimal(192), "official_close"),
        ("CLF7", Decimal("-37.63"), "official_close"),
        ("NEW1", Decimal(5), "official_close"),
    ]
    assert feeds.ask("select flags from market.marks where symbol = 'NEW1'") == [
        (["symbol_not_in_reference"],)
    ]
    assert feeds.ask("select kept_price, refused_price from market.mark_conflicts") == [
        (Decimal("190.5"), Decimal(191))
    ]
    assert feeds.ask("select trade_id from landing.duplicates") == [("AAPL",)]
    assert sorted(feeds.ask("select reason, trade_id from landing.rejects")) == [
        ("missing_field", None),
        ("not_json", None),
        ("price_not_above_nought", "AAPL"),
        ("price_not_above_nought", "AAPL"),
        ("price_not_above_nought", "NEW1"),
        ("rate_not_of_a_pair", "EURUSD"),
        ("source_not_in_policy", "AAPL"),
    ]


def test_a_file_is_loaded_once_however_often(feeds: Feeds, tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    file.write_text(
        "symbol,price,currency,trade_date,mark_source\n"
        "AAPL,190.50,USD,2026-11-18,vendor\n"
        "AAPL,191.25,USD,2026-11-19,vendor\n"
    )
    for _ in range(2):
        load_file(feeds.kafka_config, "marks", file)
        capture(feeds)
    assert feeds.count("market.marks") == 2
    assert feeds.count("landing.duplicates") == 2


def test_a_long_history_opens_no_partitions(feeds: Feeds) -> None:
    feeds.send(
        "marks",
        [
            mark(trade_date=f"2026-{m:02d}-{d:02d}")
            for m in range(1, 8)
            for d in (1, 2, 3, 4, 5, 6, 7)
        ],
    )
    capture(feeds)
    assert feeds.count("market.marks") == 49
    assert feeds.ask("select count(*) from pg_tables where tablename like 'executions_2026%%'") == [
        (0,)
    ]
