"""Messages of trades, and what becomes of one."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.contracts.staging_rows import stage

SHORT = {"trade_id": "T1", "symbol": "AAPL", "quantity": 100, "price": 150.5, "side": "BUY"}
EXECUTION = {
    "trade_id": "T1",
    "ticker": "AAPL",
    "quantity": 100,
    "price": 150.5,
    "timestamp": "2026-11-20T14:30:00Z",
}


def text_of(**changes: Any) -> bytes:
    return json.dumps({**SHORT, **changes}).encode()


def with_number(name: str, number: str) -> bytes:
    return json.dumps({**SHORT, name: "@"}).replace('"@"', number).encode()


def reason_of(payload: bytes | None, feed: str = "trades", version: int | None = 1) -> str:
    _, rejects = stage(feed, [payload], version)
    return rejects[0].reason


def row_of(payload: bytes, feed: str = "trades", version: int = 1) -> dict[str, Any]:
    rows, rejects = stage(feed, [payload], version)
    assert not rejects, rejects[0]
    return rows[0]
