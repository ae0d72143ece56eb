from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from posttrade import load
from posttrade.errors import ConfigurationError
from posttrade.sending import Message


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    collected: list[Message] = []

    def collect(_config: Any, messages: Any, **_more: Any) -> int:
        collected.extend(messages)
        return len(collected)

    monkeypatch.setattr(load, "send_messages", collect)
    return collected


def load_text(
    tmp_path: Path, feed: str, text: str | bytes, name: str = "file.csv", **more: Any
) -> Any:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load.load_file({}, feed, path, **more)


def objects(sent: list[Message]) -> list[dict[str, Any]]:
    return [json.loads(message.payload or b"", parse_float=Decimal) for message in sent]


def test_published_csv_files_load_as_they_are(tmp_path: Path, sent: list[Message]) -> None:
    text = "trade_id,ticker,quantity,price,timestamp\nT001,AAPL,100,190.50,2026-11-20T10:00:00\n"
    result = load_text(tmp_path, "executions", text)
    assert result.message_count == 1
    assert sent[0].payload == (
        b'{"trade_id":"T001","ticker":"AAPL","quantity":100,"price":190.50,'
        b'"timestamp":"2026-11-20T10:00:00"}'
    )
    assert sent[0].key == b"T001"
    assert sent[0].headers == (
        ("contract-version", b"1"),
        ("source-file", b"file.csv"),
        ("source-line", b"2"),
    )


def test_cell_that_is_no_number_is_sent_as_text(tmp_path: Path, sent: list[Message]) -> None:
    rows = ['T1,"1,000",0.5', "T2,abc,0.5", "T3,,0.5", "T4,NaN,1e5", "T5, 007 ,.5", "T6,+5,-1."]
    load_text(tmp_path, "pnl_snapshot", "\n".join(["trade_id,pnl_impact,commission", *rows]))
    found = [row.get("pnl_impact") for row in objects(sent)]
    assert found == ["1,000", "abc", None, "NaN", 7, 5]
    assert [row["commission"] for row in objects(sent)][3:] == [Decimal("1e5"), Decimal("0.5"), -1]


def test_row_with_too_many_cells_is_not_guessed_at(tmp_path: Path, sent: list[Message]) -> None:
    load_text(tmp_path, "pnl_snapshot", "trade_id,pnl_impact,commission\nT1,1,000,0.5\n\nT2,1,2\n")
    assert objects(sent)[0]["unreadable_row"] == ["T1", "1", "000", "0.5"]
    assert "trade_id" not in objects(sent)[0]
    assert objects(sent)[1]["trade_id"] == "T2"


def test_missing_columns_are_named(tmp_path: Path, sent: list[Message]) -> None:
    with pytest.raises(ConfigurationError, match=r"lacks columns .*: price, timestamp; found"):
        load_text(tmp_path, "executions", "trade_id,ticker,quantity\nT1,A,1\n")
    with pytest.raises(ConfigurationError, match="stand twice: price"):
        load_text(tmp_path, "executions", "trade_id,price,price\n")
    with pytest.raises(ConfigurationError, match="found: nothing"):
        load_text(tmp_path, "executions", "")
    with pytest.raises(ConfigurationError, match="no feed"):
        load_text(tmp_path, "nothing", "")
    assert not sent


def test_bytes_that_are_not_utf8_pass_through(tmp_path: Path, sent: list[Message]) -> None:
    text = b"\xef\xbb\xbftrade_id,pnl_impact,commission\r\nT\xff,1,2\r\n"
    load_text(tmp_path, "pnl_snapshot", text)
    assert b'"T\xff"' in (sent[0].payload or b"")


def test_stated_date_and_source_stand_in(tmp_path: Path, sent: list[Message]) -> None:
    stated = {"business_date": dt.date(2026, 11, 20), "source": "desk"}
    load_text(tmp_path, "pnl_snapshot", "trade_id,pnl_impact,commission\nT1,1,2\n", **stated)
    lines = (
        '{"trade_id": 1, "pnl_impact": 1.50, "commission": 2}\n\n{"trade_date": "2026-11-19"}\nno\n'
    )
    load_text(tmp_path, "pnl_snapshot", lines, "file.ndjson", **stated)
    assert objects(sent[:1])[0]["trade_date"] == "2026-11-20"
    assert sent[1].payload == (
        b'{"trade_id": 1, "pnl_impact": 1.50, "commission": 2,'
        b'"trade_date": "2026-11-20", "source": "desk"}'
    )
    assert objects(sent[2:3])[0] == {"trade_date": "2026-11-19", "source": "desk"}
    assert sent[3].payload == b"no"
    assert [message.key for message in sent] == [b"T1", b"1", None, None]


def test_full_form_is_recognised(tmp_path: Path, sent: list[Message]) -> None:
    full = {"trade_id": "T1", "version": 1, "pnl_impact": 1, "commission": 1}
    full |= {"trade_date": "2026-11-20", "status": "BOOKED"}
    load_text(tmp_path, "pnl_snapshot", json.dumps(full), "file.jsonl")
    assert sent[0].headers == (
        ("contract-version", b"2"),
        ("source-file", b"file.jsonl"),
        ("source-line", b"1"),
    )
