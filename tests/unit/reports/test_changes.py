from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from posttrade.reports import changes

TABLE = changes.TableKey("breaks", ("break_type", "trade_id"), ("status", "delta"))
COLUMNS = ("break_type", "trade_id", "status", "delta")


def write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows, key=lambda row: [cell.encode() for cell in row[:2]]))
    return path


def test_every_kind_of_change(tmp_path: Path) -> None:
    before = write(
        tmp_path / "before.csv",
        [
            ("price", "A", "OPEN", "1"),
            ("price", "B", "OPEN", "1"),
            ("price", "C", "RESOLVED", "1"),
            ("price", "D", "OPEN", "1"),
            ("price", "E", "OPEN", "1"),
        ],
    )
    after = write(
        tmp_path / "after.csv",
        [
            ("price", "B", "RESOLVED", "1"),
            ("price", "C", "OPEN", "1"),
            ("price", "D", "OPEN", "2"),
            ("price", "E", "OPEN", "1"),
            ("quantity", "A", "OPEN", "x" * 300_000),
        ],
    )
    found = changes.compare_tables(before, after, TABLE)
    assert found["counts"] == {
        "appeared": 1, "changed": 1, "gone": 1, "reopened": 1, "resolved": 1,
    }  # fmt: skip
    assert [(row["change"], row["key"]) for row in found["rows"]] == [
        ("gone", ["price", "A"]),
        ("resolved", ["price", "B"]),
        ("reopened", ["price", "C"]),
        ("changed", ["price", "D"]),
        ("appeared", ["quantity", "A"]),
    ]
    assert found["rows"][3]["fields"] == [["delta", "1", "2"]]


def test_a_table_that_is_new(tmp_path: Path) -> None:
    after = write(tmp_path / "after.csv", [("price", "A", "OPEN", "1")])
    found = changes.compare_tables(tmp_path / "none.csv", after, TABLE)
    assert found["counts"] == {"appeared": 1}


def test_listed_rows_are_limited(tmp_path: Path) -> None:
    before = write(tmp_path / "before.csv", [])
    after = write(tmp_path / "after.csv", [("p", f"{n:05}", "OPEN", "1") for n in range(2000)])
    found = changes.compare_tables(before, after, TABLE)
    assert found["counts"] == {"appeared": 2000}
    assert len(found["rows"]) == changes.LISTED_CHANGES_MAX


keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
tables = st.dictionaries(keys, st.sampled_from(["1", "2"]), max_size=20)


@given(tables, tables)
def test_counts_agree_with_sets(
    tmp_path_factory: object, old: dict[str, str], new: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("t")  # type: ignore[attr-defined]
    before = write(folder / "a.csv", [("p", key, "OPEN", old[key]) for key in old])
    after = write(folder / "b.csv", [("p", key, "OPEN", new[key]) for key in new])
    counts = changes.compare_tables(before, after, TABLE)["counts"]
    assert counts.get("appeared", 0) == len(new.keys() - old.keys())
    assert counts.get("gone", 0) == len(old.keys() - new.keys())
    both = old.keys() & new.keys()
    assert counts.get("changed", 0) == sum(old[key] != new[key] for key in both)


def test_figures_that_differ() -> None:
    feeds = {"received": 5, "accepted": 5, "rejected": 0, "duplicate": 0, "offsets": 5}
    before = {"outcomes": {"matched": 1}, "breaks": {"price_mismatch": 2}, "rejects": {},
              "control_totals": {"trades": feeds}}  # fmt: skip
    after = {"outcomes": {"matched": 3}, "breaks": {}, "rejects": {"not_json": 1},
             "control_totals": {"trades": {**feeds, "received": 6}}}  # fmt: skip
    found = {row["name"]: (row["before"], row["after"])
             for row in changes.compare_figures(before, after)}  # fmt: skip
    assert found == {
        "matched trades": (1, 3),
        "open breaks: price mismatch": (2, 0),
        "rejects: not json": (0, 1),
        "trades: messages received": (5, 6),
    }
