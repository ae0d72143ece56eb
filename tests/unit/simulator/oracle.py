"""Breaks of a day counted from its messages alone, by the rules, one trade at a time, in Decimal.

Written apart from the product: plain dictionaries, none of its code.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

PRICE_BOUND = Decimal("0.005")
TIME_BOUND = dt.timedelta(milliseconds=100)
PNL_LIMIT = Decimal(1)
KINDS = {"executions": "execution", "broker_confirmations": "confirmation"}
KINDS["pnl_snapshot"] = "pnl_snapshot"

Record = dict[str, Any]


def read_record(payload: bytes | None) -> Record | None:
    """The message as a dictionary with exact numbers; None when it is no valid record."""
    try:
        record = json.loads(payload or b"", parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or str(record.get("trade_id", "BAD")).startswith("BAD"):
        return None
    return record


def count_breaks(messages: Iterable[Any]) -> Counter[str]:
    """Breaks by type."""
    first: dict[str, dict[tuple[str, Decimal], Record]] = defaultdict(dict)
    found: Counter[str] = Counter()
    conflicts = set()
    for message in messages:
        record = read_record(message.payload) if message.topic in KINDS else None
        if record is None:
            continue
        key = (record["trade_id"], record.get("version", Decimal(1)))
        kept = first[KINDS[message.topic]].setdefault(key, record)
        if kept != record:
            conflicts.add((record["trade_id"], f"duplicate_{KINDS[message.topic]}"))
    found.update(kind for _, kind in conflicts)
    newest = {kind: _newest(records) for kind, records in first.items()}
    for trade_id in set().union(*newest.values()):
        sides = [newest.get(kind, {}).get(trade_id) for kind in KINDS.values()]
        found.update(_compare(*sides))
    return found


def _newest(records: dict[tuple[str, Decimal], Record]) -> dict[str, Record]:
    return {trade_id: record for (trade_id, _), record in sorted(records.items(), key=_key)}


def _key(item: tuple[tuple[str, Decimal], Record]) -> tuple[str, Decimal]:
    return item[0]


def _compare(
    execution: Record | None, confirmation: Record | None, snapshot: Record | None
) -> Iterable[str]:
    if execution is None:
        yield "missing_execution"
        return
    if execution.get("status") == "CANCELLED":
        return
    if confirmation is None:
        yield "missing_confirmation"
    else:
        if confirmation["quantity"] != execution["quantity"]:
            yield "quantity_mismatch"
        if abs(confirmation["price"] - execution["price"]) > PRICE_BOUND:
            yield "price_mismatch"
        if abs(_instant(confirmation) - _instant(execution)) > TIME_BOUND:
            yield "timestamp_mismatch"
    if snapshot is None:
        yield "missing_pnl_snapshot"
    else:
        value = execution["price"] * execution["quantity"]
        if abs(value - snapshot["commission"] - snapshot["pnl_impact"]) >= PNL_LIMIT:
            yield "pnl_mismatch"


def _instant(record: Record) -> dt.datetime:
    names = ("executed_at", "confirmed_at", "timestamp")
    text = next(record[name] for name in names if name in record)
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
