"""No message costs more than its length accounts for, nor ends the reading of the others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from posttrade.contracts.message import MESSAGE_BYTES_MAX
from tests.unit.contracts.staging_rows import stage

GOOD = {"trade_id": "T1", "symbol": "AAPL", "quantity": 1, "price": 1, "side": "BUY"}
ROOM = MESSAGE_BYTES_MAX - 300
# a plain message of this size takes some milliseconds; quadratic work on it takes ten seconds
CPU_S_MAX = 0.5


def with_value(name: str, value: str) -> bytes:
    return json.dumps({**GOOD, name: "@"}).replace('"@"', value).encode()


def many_fields(last: str) -> bytes:
    count = ROOM // 15
    return ("{" + "".join(f'"field{n:05d}":1,' for n in range(count)) + f'"{last}":1}}').encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "many fields": lambda: many_fields("other"),
    "last field repeated": lambda: many_fields(f"field{ROOM // 15 - 1:05d}"),
    "open lists": lambda: b"[" * ROOM,
    "closed objects": lambda: b'{"a":' * (ROOM // 6) + b"1" + b"}" * (ROOM // 6),
    "many small objects": lambda: with_value("quantity", f"[{'{},' * (ROOM // 3)}1]"),
    "huge integer as quantity": lambda: with_value("quantity", "9" * ROOM),
    "huge integer as trade id": lambda: with_value("trade_id", "9" * ROOM),
    "huge integer as version": lambda: with_value("contract_version", "9" * ROOM),
    "many decimals": lambda: with_value("price", "0." + "1" * ROOM),
    "many zeros": lambda: with_value("price", "0." + "0" * ROOM + "1"),
    "huge exponent": lambda: with_value("price", "1e" + "9" * ROOM),
    "huge negative exponent": lambda: with_value("price", "1e-" + "9" * ROOM),
    "long identifier": lambda: with_value("trade_id", f'"{"a " * (ROOM // 2)}"'),
    "long choice": lambda: with_value("side", f'"{"B" * ROOM}"'),
    "long date": lambda: with_value("trade_date", f'"{"2026-11-20" * (ROOM // 10)}"'),
    "long instant": lambda: with_value("timestamp", f'"2026-11-20T10:00:00.{"1" * (ROOM - 100)}Z"'),
    "instant of zeros": lambda: with_value(
        "timestamp", f'"2026-11-20T10:00:00.{"0" * (ROOM - 100)}+"'
    ),
    "long source": lambda: with_value("source", f'"{"s-" * (ROOM // 2)}"'),
    "many escapes": lambda: with_value("symbol", '"' + "\\u00e9" * (ROOM // 6) + '"'),
    "lone surrogates": lambda: with_value("symbol", '"' + "\\ud83d" * (ROOM // 6) + '"'),
    "open string": lambda: b'{"trade_id": "' + b"\\\\" * (ROOM // 2),
    "spaces": lambda: b" " * ROOM + b"{",
    "brackets in a string": lambda: with_value("symbol", '"' + "[{" * (ROOM // 2) + '"'),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_cost_of_a_hostile_message_is_bounded(kind: str) -> None:
    payload = HOSTILE[kind]()
    assert len(payload) <= MESSAGE_BYTES_MAX
    began = time.process_time()
    rows, rejects = stage("trades", [payload])
    assert time.process_time() - began < CPU_S_MAX
    assert len(rows) + len(rejects) == 1


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_any_depth_is_a_reject(pair: str) -> None:
    opening, closing = ('{"a":', "}") if pair == "{}" else ("[", "]")
    payloads: list[bytes | None] = [
        with_value(field, opening * depth + "1" + closing * depth)
        for depth in (*range(1, 1_100), 5_000, 20_000)
        for field in ("quantity", "trade_id", "other")
    ]
    rows, rejects = stage("trades", payloads)
    reasons = {reject.reason for reject in rejects.values()}
    assert reasons == {"wrong_type", "nested_too_deeply"}
    assert all(place % 3 == 2 for place in rows)
