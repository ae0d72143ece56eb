"""What changed between two versions of a pack, told from their files.

Both tables are sorted by their key (as UTF-8 bytes), so they are read side by side: memory does not
grow with the rows, however long the list of breaks is.
"""

from __future__ import annotations

import csv
import decimal
import heapq
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from posttrade.reports.compared_tables import COMPARED_TABLES, Cells, TableKey, read_number

LISTED_CHANGES_MAX = 25
OTHER_FIELDS_MAX = 4
EXACT = decimal.Context(prec=200)  # sums are longer than the 28 digits that Python keeps by default
CELL_LENGTH_MAX = 2**30  # the csv module refuses longer cells than its limit, 128 KiB by default
NOUNS = {
    "received": "messages received",
    "accepted": "records accepted",
    "rejected": "messages rejected",
    "duplicate": "duplicates",
    "offsets": "offsets",
}


class NotComparable(ValueError):
    """Two files of one table whose rows cannot be paired."""


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

    Returns:
        ``files`` that differ, ``figures`` and ``tables`` with their changes, and of tables whose
        rows could not be compared (``uncompared``) the reason.
    """
    names = sorted(set(hashes[0]) | set(hashes[1]))
    tables, uncompared = {}, {}
    for table in COMPARED_TABLES:
        name = f"{table.table}_{day}.csv"
        if hashes[0].get(name) == hashes[1].get(name) or name in lost:
            continue
        if name not in hashes[0] or name not in hashes[1]:
            uncompared[table.table] = "only one of the two versions has it"
            continue
        try:
            tables[table.table] = compare_tables(before / name, after / name, table)
        except NotComparable as error:
            uncompared[table.table] = str(error)
    return {
        "files": [name for name in names if hashes[0].get(name) != hashes[1].get(name)],
        "figures": compare_figures(*summaries),
        "tables": tables,
        **({"uncompared": uncompared} if uncompared else {}),
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
    """Count rows that appeared, went or changed, list some of them, and tell totals that differ.

    A column that only one of the two has tells nothing of a row.

    Raises:
        NotComparable: a file lacks a column of the key, or is not sorted by it.
    """
    counts: dict[str, int] = {}
    sums: dict[tuple[str, str], list[Decimal]] = {}
    with decimal.localcontext(EXACT):
        rows = heapq.nsmallest(
            LISTED_CHANGES_MAX,
            _find_changes(before, after, table, counts, sums),
            key=lambda found: found[0],
        )
    totals = [
        {"currency": currency, "figure": column, "before": f"{old:f}", "after": f"{new:f}"}
        for (currency, column), (old, new) in sorted(
            sums.items(), key=lambda item: (item[0][0], table.summed.index(item[0][1]))
        )
        if old != new
    ]
    return {
        "counts": dict(sorted(counts.items())),
        "rows": [row for _, row in rows],
        **({"totals": totals} if totals else {}),
    }


def _find_changes(
    before: Path,
    after: Path,
    table: TableKey,
    counts: dict[str, int],
    sums: dict[tuple[str, str], list[Decimal]],
) -> Iterator[tuple[Any, dict[str, Any]]]:
    # rank and description of each row that changed; counts and sums grow with what was read
    for key, old, new in _pair_rows(
        _read_rows(before, table.key), _read_rows(after, table.key), table.key
    ):
        for column, (side, row) in itertools.product(table.summed, enumerate((old, new))):
            if row is not None and column in row:
                pair = sums.setdefault((row["currency"], column), [Decimal(0), Decimal(0)])
                pair[side] += read_number(row[column])
        if _is_same(old, new):
            continue
        change = _name_change(old, new)
        counts[change] = counts.get(change, 0) + 1
        fields = _list_fields(old or {}, new or {}, table.shown)
        if not fields and old and new:
            others = [column for column in new if column in old]
            fields = _list_fields(old, new, others)[:OTHER_FIELDS_MAX]
        rank = table.rank(old or {}, new or {})
        yield rank, {"change": change, "key": list(key), "fields": fields}


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


def _read_rows(path: Path, key: Sequence[str]) -> Iterator[dict[str, str]]:
    if not path.exists():  # a table that only one of the two versions has
        return
    csv.field_size_limit(CELL_LENGTH_MAX)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if missing := [column for column in key if column not in (reader.fieldnames or ())]:
            raise NotComparable(f"one of the two has no column {', '.join(missing)}")
        last: list[str] = []
        for row in reader:
            place = [row[column] for column in key]
            if place < last:
                raise NotComparable("the rows of one of the two stand in another order")
            last = place
            yield row


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


def _is_same(old: Cells | None, new: Cells | None) -> bool:
    if old is None or new is None or old == new:
        return old == new
    return all(old[column] == new[column] for column in old if column in new)


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
    fields = [
        [column, old.get(column, ""), new.get(column, "")]
        for column in shown
        # of a row that both have, a column that only one has tells nothing
        if not (old and new) or (column in old and column in new)
    ]
    return [field for field in fields if field[1] != field[2]]
