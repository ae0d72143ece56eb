"""The rules of the three-way reconciliation once more, one trade at a time, in plain Python.

Knows nothing of SQL, batches or time: takes every message that ever arrived, in order of arrival,
and says which trades match and which breaks are open when no grace period is left.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

EXECUTION, CONFIRMATION, PNL_SNAPSHOT = "execution", "confirmation", "pnl_snapshot"
PRICE_BOUND = Decimal("0.005")
TIME_BOUND = dt.timedelta(milliseconds=100)
PNL_LIMIT = Decimal(1)


@dataclasses.dataclass(frozen=True)
class Record:
    """One message: what it says, and the date that it states or that its instant has."""

    kind: str
    trade_id: str
    version: int
    date: dt.date
    is_date_stated: bool
    is_cancelled: bool
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    instant: dt.datetime | None = None
    pnl_impact: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    expects_others: bool = True


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What reconciliation must find."""

    matches: frozenset[tuple[dt.date, str]]
    breaks: frozenset[tuple[dt.date, str, str, Decimal | None]]


def judge(arrived: Sequence[Record]) -> Verdict:
    """The verdict over everything that arrived, in order of arrival."""
    homes: dict[str, set[dt.date]] = {}
    for record in arrived:
        if record.kind == EXECUTION:
            homes.setdefault(record.trade_id, set()).add(record.date)
    places: dict[tuple[dt.date, str], list[Record]] = {}
    for record in arrived:
        date = _place(record, homes.get(record.trade_id, set()))
        places.setdefault((date, record.trade_id), []).append(record)
    matches, breaks = set(), set()
    for (date, trade_id), records in places.items():
        is_match, found = _judge_trade(records)
        if is_match:
            matches.add((date, trade_id))
        breaks.update((date, trade_id, kind, delta) for kind, delta in found)
    return Verdict(frozenset(matches), frozenset(breaks))


def _place(record: Record, homes: Iterable[dt.date]) -> dt.date:
    if record.kind == EXECUTION or record.is_date_stated:
        return record.date
    return min(homes, key=lambda home: (abs(home - record.date), home), default=record.date)


def _judge_trade(records: list[Record]) -> tuple[bool, list[tuple[str, Decimal | None]]]:
    found: list[tuple[str, Decimal | None]] = []
    sides: dict[str, Record] = {}
    for kind in (EXECUTION, CONFIRMATION, PNL_SNAPSHOT):
        kept: dict[int, Record] = {}
        has_conflict = False
        for record in records:
            if record.kind == kind:
                first = kept.setdefault(record.version, record)
                has_conflict |= _content(first) != _content(record)
        if has_conflict:
            found.append((f"duplicate_{kind}", None))
        if kept:
            sides[kind] = kept[max(kept)]
    execution = sides.get(EXECUTION)
    others = {k: r for k, r in sides.items() if k != EXECUTION and not r.is_cancelled}
    if execution is None:
        return False, found + [("missing_execution", None)] * bool(others)
    if execution.is_cancelled:
        return False, found
    if not others and not execution.expects_others:
        return False, found
    faults = _compare(execution, others.get(CONFIRMATION), others.get(PNL_SNAPSHOT))
    return not faults, found + faults


def _compare(
    execution: Record, confirmation: Record | None, snapshot: Record | None
) -> list[tuple[str, Decimal | None]]:
    faults: list[tuple[str, Decimal | None]] = []
    if confirmation is not None:
        if confirmation.quantity != execution.quantity:
            faults.append(("quantity_mismatch", confirmation.quantity - execution.quantity))
        if abs(confirmation.price - execution.price) > PRICE_BOUND:
            faults.append(("price_mismatch", confirmation.price - execution.price))
        assert confirmation.instant is not None and execution.instant is not None
        drift = confirmation.instant - execution.instant
        if abs(drift) > TIME_BOUND:
            faults.append(("timestamp_mismatch", Decimal(drift // dt.timedelta(milliseconds=1))))
    elif execution.expects_others:
        faults.append(("missing_confirmation", None))
    if snapshot is not None:
        expected = execution.price * execution.quantity - snapshot.commission
        if abs(expected - snapshot.pnl_impact) >= PNL_LIMIT:
            faults.append(("pnl_mismatch", snapshot.pnl_impact - expected))
    elif execution.expects_others:
        faults.append(("missing_pnl_snapshot", None))
    return faults


def _content(record: Record) -> tuple[object, ...]:
    terms = dataclasses.asdict(record)
    del terms["date"], terms["is_date_stated"]
    return tuple(terms.values())
