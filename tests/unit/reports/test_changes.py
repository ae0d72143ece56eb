from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from posttrade.reports import changes
from posttrade.reports.compared_tables import TableKey, rank_by, rank_by_place

TABLE = TableKey("breaks", ("break_type", "trade_id"), ("status", "delta"))
COLUMNS = ("break_type", "trade_id", "status", "delta")


def write(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
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


MONEY = ("book", "currency", "total", "note")
MONEY_TABLE = TableKey("pnl", ("book",), ("total",), rank_by("total"), ("total",))


def test_the_largest_differences_stand_first_and_totals_by_currency(tmp_path: Path) -> None:
    many = [(f"B{n:03}", "USD", "1.10", "") for n in range(40)]
    before = write(tmp_path / "a.csv", [*many, ("X", "EUR", "5", ""), ("Y", "EUR", "", "")], MONEY)
    after = write(
        tmp_path / "b.csv",
        [(book, currency, f"1.{11 + n}", note)
         for n, (book, currency, _, note) in enumerate(many)]
        + [("X", "EUR", "-95.5", ""), ("Y", "EUR", "", "no mark")],
        MONEY,
    )  # fmt: skip
    found = changes.compare_tables(before, after, MONEY_TABLE)
    assert found["counts"] == {"changed": 42}
    assert len(found["rows"]) == changes.LISTED_CHANGES_MAX
    assert found["rows"][0] == {
        "change": "changed", "key": ["X"], "fields": [["total", "5", "-95.5"]],
    }  # fmt: skip
    assert [row["key"] for row in found["rows"][1:3]] == [["B039"], ["B038"]]
    assert found["totals"] == [
        {"currency": "EUR", "figure": "total", "before": "5", "after": "-95.5"},
        {"currency": "USD", "figure": "total", "before": "44.00", "after": "52.20"},
    ]


def test_what_else_changed_is_told_where_nothing_shown_did(tmp_path: Path) -> None:
    before = write(tmp_path / "a.csv", [("Y", "EUR", "", "")], MONEY)
    after = write(tmp_path / "b.csv", [("Y", "EUR", "", "no mark")], MONEY)
    (row,) = changes.compare_tables(before, after, MONEY_TABLE)["rows"]
    assert row["fields"] == [["note", "", "no mark"]]


def test_the_firm_stands_before_its_books(tmp_path: Path) -> None:
    table = TableKey("risk", ("book",), ("total",), rank_by_place("note", "FIRM", "BOOK"))
    before = write(tmp_path / "a.csv", [("A", "", "1", "BOOK"), ("B", "", "1", "FIRM")], MONEY)
    after = write(tmp_path / "b.csv", [("A", "", "2", "BOOK"), ("B", "", "2", "FIRM")], MONEY)
    rows = changes.compare_tables(before, after, table)["rows"]
    assert [row["key"] for row in rows] == [["B"], ["A"]]


def test_a_column_of_one_version_only_is_no_change_of_a_row(tmp_path: Path) -> None:
    before = write(tmp_path / "a.csv", [("A", "USD", "1"), ("B", "USD", "1")], MONEY[:3])
    after = write(tmp_path / "b.csv", [("A", "USD", "1", "x"), ("B", "USD", "2", "x")], MONEY)
    found = changes.compare_tables(before, after, MONEY_TABLE)
    assert (found["counts"], found["rows"][0]["key"]) == ({"changed": 1}, ["B"])


def compare(before: Path, after: Path, names: tuple[set[str], set[str]]) -> dict[str, object]:
    summary: dict[str, object] = {
        "outcomes": {}, "breaks": {}, "rejects": {}, "control_totals": {},
    }  # fmt: skip
    old, new = ({name: f"{side}-{name}" for name in names[side]} for side in (0, 1))
    return changes.compare_packs(before, after, (summary, summary), (old, new), "20261112")


def test_a_table_that_an_older_version_has_not_is_named_and_not_compared(tmp_path: Path) -> None:
    write(tmp_path / "margin_20261112.csv", [("A", "USD", "1", "")], MONEY)
    found = compare(tmp_path / "gone", tmp_path, (set(), {"margin_20261112.csv"}))
    assert found["tables"] == {}
    assert found["uncompared"] == {"margin": "only one of the two versions has it"}


def test_rows_in_another_order_are_not_compared(tmp_path: Path) -> None:
    columns = ("subject_kind", "subject", "call_amount")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(
            tmp_path / folder / "margin_20261112.csv", [("A", "X", "1"), ("A", "Y", "1")], columns
        )
    path = tmp_path / "a" / "margin_20261112.csv"
    head, one, other = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join((head, other, one)), encoding="utf-8")
    names = {"margin_20261112.csv"}
    found = compare(tmp_path / "a", tmp_path / "b", (names, names))
    assert found["uncompared"] == {"margin": "the rows of one of the two stand in another order"}


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
