from __future__ import annotations

import hashlib
from collections.abc import Callable

from posttrade.drain import drain_feeds
from tests.ingest.conftest import Feeds
from tests.ingest.raw_produce import produce_record

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
        "select count(*) from landing.rejects r cross join lateral"
        " landing.read_message(r.topic, r.partition, r.message_offset) m"
        " where r.payload is not distinct from m.payload"
    )
    assert kept == [(COUNT,)]


def test_header_name_that_is_no_text_is_a_reject(
    feeds: Feeds, make_trade: Callable[..., bytes]
) -> None:
    address = ("127.0.0.1", feeds.broker.port)
    feeds.send("trades", [make_trade(1)], headers=[("contract-version", b"1")], partition=0)
    bad = [make_trade(2), make_trade(3), b"?"]
    offsets = [produce_record(address, "trades", each, (b"bad\xff\xfe", b"v")) for each in bad]
    feeds.send("trades", [make_trade(4)], headers=[("a", b"b")], partition=0)
    assert offsets == [1, 2, 3]
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.ask("select trade_id from staging.executions order by 1") == [("T1",), ("T4",)]
    assert feeds.ask(
        "select trade_id, reason, payload, business_date::text from landing.rejects order by 1"
    )[:2] == [
        ("T2", "headers_unreadable", bad[0], "2026-11-20"),
        ("T3", "headers_unreadable", bad[1], "2026-11-20"),
    ]
    kept = feeds.ask("select payload, headers from landing.messages order by message_offset")
    assert [row[1] for row in kept] == [{"contract-version": "1"}, None, None, None, {"a": "b"}]
    assert [row[0] for row in kept][1:4] == bad
