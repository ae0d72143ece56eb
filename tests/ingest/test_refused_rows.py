"""Values that the database refuses although the contract let them through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from posttrade.contracts.lifting import Lifter
from posttrade.drain import drain_feeds
from tests.ingest.conftest import Feeds

COUNT = 1_200
EVIL = (3, 700, 1_100)
real_lift = Lifter.lift


def spoil(monkeypatch: pytest.MonkeyPatch, *, exact_too: bool) -> None:
    """Let the writer put a NUL into some rows: from the fast path only, or always."""

    def lift(self: Lifter, *arguments: Any) -> str:
        text = real_lift(self, *arguments)
        is_fast = text.count("\n") > 1
        return text.replace("EVIL", "EV\\000IL") if is_fast or exact_too else text

    monkeypatch.setattr(Lifter, "lift", lift)


def drain(feeds: Feeds, make_trade: Callable[..., bytes]) -> None:
    feeds.send(
        "trades",
        [make_trade(i, **({"trade_id": f"EVIL{i}"} if i in EVIL else {})) for i in range(COUNT)]
        + [b"?"],
    )
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.count("landing.messages") == COUNT + 1
    assert feeds.ask("select sum(next_offset) from landing.offsets") == [(COUNT + 1,)]
    assert feeds.ask("select staged_count, reject_count from landing.batches") == [
        (feeds.count("staging.executions"), feeds.count("landing.rejects"))
    ]


def test_exact_reading_mends_what_the_fast_one_spoiled(
    feeds: Feeds, make_trade: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, exact_too=False)
    drain(feeds, make_trade)
    assert feeds.count("staging.executions") == COUNT
    assert feeds.ask("select reason from landing.rejects") == [("not_json",)]


def test_refused_row_is_a_reject_and_the_others_go_on(
    feeds: Feeds,
    make_trade: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spoil(monkeypatch, exact_too=True)
    drain(feeds, make_trade)
    assert feeds.count("staging.executions") == COUNT - len(EVIL)
    refused = feeds.ask(
        "select trade_id, business_date::text, detail from landing.rejects"
        " where reason = 'refused_by_database' order by message_offset"
    )
    assert [row[:2] for row in refused] == [(f"EVIL{i}", "2026-11-20") for i in EVIL]
    assert all("invalid byte sequence" in detail for _, _, detail in refused)
    assert caplog.text.count("which is an error of this product") == len(EVIL)


def test_reject_that_cannot_be_kept_is_kept_with_the_reason_for_it(
    feeds: Feeds, make_trade: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posttrade.contracts.values.show", lambda value: f"\0{value}")
    feeds.send("trades", [make_trade(1), make_trade(2, side="HOLD"), make_trade(3, price=[])])
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.count("staging.executions") == 1
    assert set(feeds.ask("select reason, detail ~ 'NUL' from landing.rejects")) == {
        ("refused_by_database", True)
    }


@pytest.mark.parametrize("offset", ["+16:00", "-23:59"])
def test_far_offsets_are_stored(
    feeds: Feeds, make_trade: Callable[..., bytes], offset: str
) -> None:
    stated = f"2026-11-20T12:00:00{offset}"
    feeds.send("trades", [make_trade(1), make_trade(2, timestamp=stated)])
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.count("staging.executions") == 2
    assert feeds.count("landing.rejects") == 0
