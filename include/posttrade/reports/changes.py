"""What changed between two versions of a pack, told from their files.

Both tables are sorted by their key (as UTF-8 bytes), so they are read side by side: memory does not
grow with the rows, however long the list of breaks is.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LISTED_CHANGES_MAX = 25
CELL_LENGTH_MAX = 2**30  # the csv module refuses longer cells than its limit, 128 KiB by default
NOUNS = {
    "received": "messages received",
    "accepted": "records accepted",
    "rejected": "messages rejected",
    "duplicate": "duplicates",
    "offsets": "offsets",
}


@dataclasses.dataclass(frozen=True)
class TableKey:
    """How rows of two versions of a table are paired, and which columns are told."""

    table: str
    key: tuple[str, ...]
    shown: tuple[str, ...]


COMPARED_TABLES = (
    TableKey(
        "breaks",
        ("break_type", "trade_id"),
        ("status", "expected_value", "actual_value", "delta", "exposure_amount"),
    ),
    TableKey(
        "positions",
        ("account", "strategy", "symbol", "currency"),
        ("closing_quantity", "mark_price", "market_value_amount"),
    ),
)


def compare_packs(
    before: Path,
    after: Path,
    summaries: tuple[Mapping[str, Any], Mapping[str, Any]],
    hashes: tuple[Mapping[str, str], Mapping[str, str]],
    day: str,
    lost: Collection[str] = (),
) -> dict[str, Any]:
    """Say what changed, as JSON values that are stored beside the version and printed on its page.

    Args:
        before: folder of the previous version.
        after: folder of the new one, with its tables written.
        summaries: the two packs' summaries, previous first.
        hashes: SHA-256 of the two packs' tables by file name.
        day: business date as YYYYMMDD.
        lost: files of the previous version that are gone: their rows cannot be compared.
    """
    names = sorted(set(hashes[0]) | set(hashes[1]))
    tables = {}
    for table in COMPARED_TABLES:
        name = f"{table.table}_{day}.csv"
        if hashes[0].get(name) != hashes[1].get(name) and name not in lost:
            tables[table.table] = compare_tables(before / name, after / name, table)
    return {
        "files": [name for name in names if hashes[0].get(name) != hashes[1].get(name)],
        "figures": compare_figures(*summaries),
        "tables": tables,
        **({"lost": sorted(lost)} if lost else {}),
    }


def compare_figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Counts that differ, each with its name and both values."""
    old, new = dict(_flatten(before)), dict(_flatten(after))
    names = list(new) + [name for name in old if name not in new]
    return [
        {"name": name, "before": old.get(name, 0), "after": new.get(name, 0)}
        for name in names
        if old.get(name, 0) != new.get(name, 0)
    ]


def compare_tables(before: Path, after: Path, table: TableKey) -> dict[str, Any]:
    """Count rows that appeared, went or changed, and list the first of them."""
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for key, old, new in _pair_rows(_read_rows(before), _read_rows(after), table.key):
        if old == new:
            continue
        change = _name_change(old, new)
        counts[change] = counts.get(change, 0) + 1
        if len(rows) < LISTED_CHANGES_MAX:
            rows.append(
                {
                    "change": change,
                    "key": list(key),
                    "fields": _list_fields(old or {}, new or {}, table.shown),
                }
            )
    return {"counts": dict(sorted(counts.items())), "rows": rows}


def _flatten(summary: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for outcome, count in summary["outcomes"].items():
        yield f"{outcome.replace('_', ' ')} trades", count
    others = summary.get("other_breaks", {})  # older packs do not tell
    for kind, count in (*summary["breaks"].items(), *others.items()):
        yield f"open breaks: {kind.replace('_', ' ')}", count
    for kind, count in summary.get("carried_breaks", {}).items():  # older packs do not tell
        yield f"open breaks of earlier dates: {kind.replace('_', ' ')}", count
    for state, count in summary.get("due", {}).items():  # older packs do not tell
        yield f"instructions due: {state}", count
    for reason, count in summary["rejects"].items():
        yield f"rejects: {reason.replace('_', ' ')}", count
    yield "rejects sent again", summary.get("replayed", 0)
    for feed, totals in summary["control_totals"].items():
        for name, count in totals.items():
            yield f"{feed}: {NOUNS[name]}", count


def _read_rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():  # a table that only one of the two versions has
        return
    csv.field_size_limit(CELL_LENGTH_MAX)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _pair_rows(
    before: Iterator[dict[str, str]], after: Iterator[dict[str, str]], key: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], dict[str, str] | None, dict[str, str] | None]]:
    # code points sort like UTF-8 bytes, which is how the server sorted (collate "C")
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        old_key = tuple(old[column] for column in key) if old is not None else None
        new_key = tuple(new[column] for column in key) if new is not None else None
        if new_key is None or (old_key is not None and old_key < new_key):
            assert old_key is not None  # noqa: S101  one of the two is there
            yield old_key, old, None
            old = next(before, None)
        elif old_key is None or new_key < old_key:
            yield new_key, None, new
            new = next(after, None)
        else:
            yield new_key, old, new
            old, new = next(before, None), next(after, None)


def _name_change(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    if old is None:
        return "appeared"
    if new is None:
        return "gone"
    if old.get("status") == new.get("status"):
        return "changed"
    return "resolved" if new.get("status") == "RESOLVED" else "reopened"


def _list_fields(
    old: Mapping[str, str], new: Mapping[str, str], shown: Sequence[str]
) -> list[list[str]]:
    fields = [[column, old.get(column, ""), new.get(column, "")] for column in shown]
    return [field for field in fields if field[1] != field[2]]
