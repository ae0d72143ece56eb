"""Messages on the topic ``reports``: each version and kind once, by contract, and exact."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from posttrade.contracts.schema import CONTRACTS_ROOT
from posttrade.reports import Pack, announcement
from posttrade.reports.versions import hash_file

from .day import RESOLVE, Day

CONTRACT = CONTRACTS_ROOT / "outgoing" / "reports.v1.schema.json"
KINDS = {
    "trade_summary": "trade_summary_20261112.csv",
    "positions": "positions_20261112.csv",
    "pnl": "pnl_summary_20261112.csv",
}
BROKER_BYTES_MAX = 1_000_000  # what brokers take of one message when nobody says otherwise
SCHEMA = json.loads(CONTRACT.read_text(encoding="utf-8"))


def check_contract(message: Any) -> None:
    jsonschema.validate(message, SCHEMA, cls=jsonschema.Draft202012Validator)


def read_messages(dsn: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Id, key and payload of each message about a report, as they are sent."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select message_id, message_key, payload::text from outbox.messages"
            " where topic = 'reports' order by outbox_id"
        ).fetchall()
    return [(row[0], row[1], json.loads(row[2])) for row in rows]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_examples_keep_the_contract_and_counter_examples_do_not() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for example in SCHEMA["examples"]:
        check_contract(example)
    for counter in SCHEMA["x-counter-examples"]:
        with pytest.raises(jsonschema.ValidationError):
            check_contract(counter["message"])


def test_each_version_is_told_once(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day())
    first = render()
    told = read_messages(trade_dsn)
    assert [(name, key) for name, key, _ in told] == [
        (f"reports/2026-11-12/1/{kind}", "2026-11-12") for kind in KINDS
    ]
    assert not render().is_new_version
    assert read_messages(trade_dsn) == told
    change(RESOLVE)
    second = render()
    later = read_messages(trade_dsn)
    assert later[:3] == told
    assert [name for name, _, _ in later[3:]] == [f"reports/2026-11-12/2/{k}" for k in KINDS]
    assert {payload["previous_hash"] for _, _, payload in later[:3]} == {None}
    (previous,) = {payload["previous_hash"] for _, _, payload in later[3:]}
    assert previous == told[0][2]["content_hash"]
    for pack, messages in ((first, later[:3]), (second, later[3:])):
        for _, _, payload in messages:
            check_contract(payload)
            name = KINDS[payload["kind"]]
            path = pack.directory / name
            assert payload["file"]["name"] == name
            assert pack.directory.parent.parent / payload["file"]["path"] == path
            assert payload["file"]["sha256"] == pack.files[name] == hash_file(path)
            assert payload["file"]["bytes"] == path.stat().st_size


def test_a_message_says_exactly_what_the_file_says(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    pack = render()
    told = {payload["kind"]: payload for _, _, payload in read_messages(trade_dsn)}
    for kind, name in KINDS.items():
        rows = read_csv(pack.directory / name)
        sent = [{key: cell or "" for key, cell in row.items()} for row in told[kind]["rows"]]
        assert sent == rows
    columns = {
        "positions": ("net_amount", "market_value_amount"),
        "pnl": ("total_amount", "total_amount"),
        "trade_summary": ("notional_amount", "notional_amount"),
    }
    for kind, (total, column) in columns.items():
        assert told[kind]["totals"]
        for currency in {row["currency"] for row in told[kind]["totals"]}:
            own = [row for row in told[kind]["totals"] if row["currency"] == currency]
            cells = [row[column] for row in told[kind]["rows"] if row["currency"] == currency]
            assert sum(Decimal(row[total] or 0) for row in own) == sum(
                Decimal(cell or 0) for cell in cells
            )
    assert sum(row["trade_count"] for row in told["trade_summary"]["totals"]) == sum(
        int(row["trade_count"]) for row in told["trade_summary"]["rows"]
    )


def test_a_message_does_not_grow_with_the_books(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    trade_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lay(Day())
    monkeypatch.setattr(announcement, "ROWS_MAX", 3)
    render()
    for _, _, payload in read_messages(trade_dsn):
        check_contract(payload)
        assert payload["rows"] is None
        assert payload["totals"]


def test_as_many_rows_as_are_sent_stay_below_what_brokers_take(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    render()
    for _, _, payload in read_messages(trade_dsn):
        widest = max(len(json.dumps(row)) for row in payload["rows"])
        assert widest * announcement.ROWS_MAX < BROKER_BYTES_MAX
