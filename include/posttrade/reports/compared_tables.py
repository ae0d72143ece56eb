"""Which tables of two versions of a pack are compared, and what is told of their rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from posttrade.reports.typography import PLAIN_NUMBER

Cells = Mapping[str, str]


def take_in_order(_old: Cells, _new: Cells) -> int:
    """The listed changes are the first ones by key."""
    return 0


def rank_by(column: str) -> Callable[[Cells, Cells], Decimal]:
    """The listed changes are those by which the column differs most."""

    def weigh(old: Cells, new: Cells) -> Decimal:
        return -abs(read_number(new.get(column)) - read_number(old.get(column)))

    return weigh


def rank_by_place(column: str, *values: str) -> Callable[[Cells, Cells], int]:
    """The listed changes are those of the values named first; any other value comes after them."""
    places = {value: place for place, value in enumerate(values)}

    def weigh(old: Cells, new: Cells) -> int:
        return places.get((new or old).get(column, ""), len(places))

    return weigh


def read_number(cell: str | None) -> Decimal:
    """A cell's number; an empty cell, and one of words, is nothing."""
    return Decimal(cell) if cell and PLAIN_NUMBER.fullmatch(cell) else Decimal(0)


@dataclasses.dataclass(frozen=True)
class TableKey:
    """How rows of two versions of a table are paired, and what of them is told.

    Attributes:
        table: its name.
        key: columns that name a row, in the order in which rows are sorted.
        shown: columns whose old and new values are told.
        rank: least for the changes that are listed where not all are.
        summed: columns of money whose totals by currency are told; an empty cell is in none.
    """

    table: str
    key: tuple[str, ...]
    shown: tuple[str, ...]
    rank: Callable[[Cells, Cells], Any] = take_in_order
    summed: tuple[str, ...] = ()


BOOK_KEY = ("account", "strategy", "symbol", "currency")
COMPARED_TABLES = (
    TableKey(
        "breaks",
        ("break_type", "trade_id"),
        ("status", "expected_value", "actual_value", "delta", "exposure_amount"),
    ),
    TableKey(
        "positions",
        BOOK_KEY,
        ("closing_quantity", "mark_price", "market_value_amount"),
        rank_by("market_value_base_amount"),
    ),
    TableKey(
        "pnl_summary",
        BOOK_KEY,
        ("day_pnl_amount", "realised_amount", "unrealised_amount", "fee_amount",
         "levies_not_booked_amount", "correction_amount", "unexplained_amount", "total_amount"),
        rank_by("total_base_amount"),
        ("market_value_amount", "day_pnl_amount", "realised_amount", "fee_amount",
         "levies_not_booked_amount", "correction_amount", "unexplained_amount", "total_amount"),
    ),
    TableKey(
        "mark_overrides",
        ("symbol", "mark_kind", "proposed_at", "override_id"),
        ("state", "old_price", "new_price", "decided_by", "moved_amount", "moved_base_amount"),
        rank_by("moved_base_amount"),
    ),
    TableKey(
        "margin",
        ("subject_kind", "subject"),
        ("initial_margin_amount", "required_amount", "held_amount", "call_amount", "note"),
        rank_by("call_amount"),
    ),
    TableKey(
        "risk",
        ("measure", "subject_kind", "subject", "detail", "currency"),
        ("amount", "note"),
        rank_by_place("subject_kind", "FIRM", "BOOK", "COUNTERPARTY", "NETTING_SET", "ACCOUNT"),
    ),
    TableKey(
        "compliance_alerts",
        ("rule", "subject_kind", "subject_id"),
        ("severity", "symbol", "account", "state", "disposed_by", "withdrawn_reason"),
        rank_by_place("severity", "HIGH", "MEDIUM", "LOW"),
    ),
)  # fmt: skip
