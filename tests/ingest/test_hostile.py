from __future__ import annotations

import hashlib
from collections.abc import Callable

from posttrade.drain import drain_feeds
from tests.ingest.conftest import Feeds

COUNT = 10_000
LARGE_EVERY = 500
LARGE_BYTES = 2 * 1024 * 1024


def hostile(number: int, make: Callable[..., bytes]) -> bytes | None:
    if number % LARGE_EVERY == 0:
        return make(number, note="x" * LARGE_BYTES)
    kinds: list[Callable[[], bytes | None]] = [
        lambda: b"not json at all",
        lambda: None,
        lambda: make(number, quantity="100"),
        lambda: make(number, quantity=float("nan")),
        lambda: make(number, price="@").replace(b'"@"', b"1e999999999"),
        lambda: make(number, price="@").replace(b'"@"', b"9" * 400),
        lambda: make(number, trade_id="T\0"),
        lambda: make(number, symbol="<script>alert(1)</script>"),
        lambda: make(number, symbol="=cmd()"),
        lambda: b"\xff\xfe" + make(number),
        lambda: b"[" * 5000,
        lambda: make(number).replace(b'"side"', b'"side": "SELL", "side"'),
        lambda: make(number, side={"$ne": 1}),
        lambda: hashlib.sha512(str(number).encode()).digest(),
    ]
    return kinds[number % len(kinds)]()


def test_every_good_message_passes_and_every_bad_one_is_a_reject(
    feeds: Feeds, make_trade: Callable[..., bytes]
) -> None:
    payloads: list[bytes | None] = []
    for number in range(COUNT):
        payloads += [make_trade(number), hostile(number, make_trade)]
    feeds.send("trades", payloads)
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.count("landing.messages") == 2 * COUNT
    assert feeds.ask("select count(*), count(distinct trade_id) from staging.executions") == [
        (COUNT, COUNT)
    ]
    assert feeds.count("landing.rejects") == COUNT
    reasons = dict(feeds.ask("select reason, count(*) from landing.rejects group by reason"))
    assert reasons["message_too_large"] == COUNT // LARGE_EVERY
    assert reasons["symbol_not_an_identifier"] > 1000
    assert set(reasons) >= {"not_json", "not_utf8", "empty_message", "wrong_type"}
    kept = feeds.ask(
        "select count(*) from landing.rejects r join landing.messages m"
        " using (topic, partition, message_offset) where r.payload is not distinct from m.payload"
    )
    assert kept == [(COUNT,)]
