"""The fast and the exact reading of messages agree, whatever a batch holds."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posttrade.contracts import staging
from posttrade.contracts.rows import Arrivals
from posttrade.contracts.schema import read_schema
from posttrade.feeds import FEEDS
from tests.unit.contracts.messages import SHORT, text_of
from tests.unit.contracts.staging_rows import ARRIVED, read_stored, stage, stage_arrivals

NUMBERS = ("0", "-0", "7", "-7", "1.0", "-0.0", "0.10", "1e2", "1E-2", "1" * 30, "1" * 70)


@pytest.mark.parametrize("name", ["trade_id", "version", "quantity", "price", "brokerage_fee"])
@pytest.mark.parametrize("number", NUMBERS)
def test_fast_and_exact_reading_agree_on_numbers(name: str, number: str) -> None:
    message = read_schema("trades", 2)["examples"][0]
    payload = json.dumps({**message, name: "@"}).replace('"@"', number).encode()
    rows, rejects = stage("trades", [payload], 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging.ColumnReader, "decode", lambda _self, _payloads: ([], []))
        exact_rows, exact_rejects = stage("trades", [payload], 2)
    assert rejects == exact_rejects
    assert [meaning(row) for row in rows.values()] == [meaning(r) for r in exact_rows.values()]


@pytest.mark.parametrize("trade_id", ["", "-", "-T1", "T1 ", " T1", "T1\n", "\n", "T 1", "T-"])
def test_fast_and_exact_reading_agree_on_a_lone_identifier(trade_id: str) -> None:
    payload = text_of(trade_id=trade_id)
    rows, rejects = stage("trades", [payload])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging.ColumnReader, "decode", lambda _self, _payloads: ([], []))
        exact_rows, exact_rejects = stage("trades", [payload])
    assert rejects == exact_rejects
    assert rows.keys() == exact_rows.keys()


def test_mixed_versions_in_one_batch_all_arrive() -> None:
    payloads: list[bytes | None] = [text_of(trade_id=f"T{i}") for i in range(1500)]
    versions: list[int | None] = [1 if i % 3 else 9 for i in range(1500)]
    arrivals = Arrivals([0] * 1500, list(range(1500)), [ARRIVED] * 1500, versions, payloads)
    rows, rejects = stage_arrivals("trades", arrivals)
    assert (len(rows), len(rejects)) == (1000, 500)


def test_bad_messages_among_good_ones_change_nothing_for_them() -> None:
    bad = [text_of(quantity=0), b"?", None, text_of(symbol="<b>"), text_of(price="1")]
    payloads: list[bytes | None] = []
    for number in range(2000):
        payloads.append(text_of(trade_id=f"T{number}"))
        payloads.append(bad[number % len(bad)])
    rows, rejects = stage("trades", payloads)
    assert sorted(rows) == list(range(0, 4000, 2))
    assert sorted(rejects) == list(range(1, 4000, 2))
    assert all(row["trade_id"] == f"T{place // 2}" for place, row in rows.items())


@pytest.mark.parametrize(
    ("feed", "version"), [(f.name, v) for f in FEEDS.values() for v in f.contract_versions]
)
def test_regular_messages_are_read_fast(
    feed: str, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = read_schema(feed, version)["examples"]
    payloads: list[bytes | None] = [json.dumps(message).encode() for message in examples]
    monkeypatch.setattr(staging, "parse_object", lambda _payload: pytest.fail("read exactly"))
    rows, _ = stage(feed, payloads, version)
    assert len(rows) == len(examples)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
INSTANTS = [
    f"{date}T{time}{fraction}{zone}"
    for date in ("2026-11-20", "2026-02-29", "2024-02-29", "1989-12-31", "1990-01-01", "9999-12-31")
    for time in ("10:00:00", "24:00:00", "23:59:60", "10:00")
    for fraction in ("", ".5", ",5", ".123456", ".1234567", ".1234560", ".0000004")
    for zone in ("", "Z", "z", "+05:30", "+0530", "-23:59", "+16:00", "+24:00")
]
FIELD_VALUES = st.one_of(
    JSON_VALUES,
    st.sampled_from(["BUY", "AAPL", "T1", "2026-11-20T10:00:00Z", "2026-11-20", 1, 2.5, "=x", ""]),
    st.sampled_from(INSTANTS),
    st.decimals(allow_nan=False, allow_infinity=False).map(float),
)
NAMES = st.sampled_from([*SHORT, "timestamp", "trade_date", "source", "contract_version", "more"])
MESSAGES = st.dictionaries(NAMES, FIELD_VALUES).map(lambda more: {**SHORT, **more})


@given(st.binary(max_size=200))
@example(b'{"trade_id":"\\ud800\\udc00"}')
def test_any_bytes_are_a_row_or_a_reject(payload: bytes) -> None:
    rows, rejects = stage("trades", [payload])
    assert len(rows) + len(rejects) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=12))
def test_fast_and_exact_reading_agree(messages: list[dict[str, Any]]) -> None:
    payloads: list[bytes | None] = [json.dumps(message).encode() for message in messages]
    rows, rejects = stage("trades", payloads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging.ColumnReader, "decode", lambda _self, _payloads: ([], []))
        exact_rows, exact_rejects = stage("trades", payloads)
    assert rejects == exact_rejects
    assert rows.keys() == exact_rows.keys()
    for place, row in rows.items():
        assert meaning(row) == meaning(exact_rows[place])


def meaning(row: dict[str, Any]) -> dict[str, Any]:
    instant = read_stored(row["executed_at"])
    names = ("quantity", "price", "notional", "brokerage_fee", "clearing_fee", "exchange_fee")
    numbers = {name: Decimal(row[name]) for name in names if row.get(name) is not None}
    return {**row, **numbers, "executed_at": instant}
