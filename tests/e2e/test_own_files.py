"""A user's own three files: every number in the answer adds up by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .conftest import Instance

# A Wednesday. T001 is the published sample row: it fits on every bound and fails the P&L rule.
BUSINESS_DATE = "2026-10-14"
EXECUTIONS = """\
trade_id,ticker,quantity,price,timestamp
T001,AAPL,100,190.50,2026-10-14T14:30:00.000Z
T002,MSFT,50,400.00,2026-10-14T14:31:00.000Z
T003,IBM,10,0.02,2026-10-14T14:32:00.000Z
T004,NVDA,20,120.00,2026-10-14T14:33:00.000Z
T005,AMZN,5,200.00,2026-10-14T14:34:00.000Z
T006,GOOG,7,150.00,2026-10-14T14:35:00.000Z
T007,META,3,500.00,2026-10-14T14:36:00.000Z
T007,META,3,500.00,2026-10-14T14:36:00.000Z
T008,TSLA,4,250.00,2026-10-14T14:37:00.000Z
T008,TSLA,4,251.00,2026-10-14T14:37:00.000Z
T009,ORCL,abc,100.00,2026-10-14T14:38:00.000Z
T010,INTC,-5,30.00,2026-10-14T14:39:00.000Z
"""
CONFIRMATIONS = """\
trade_id,ticker,quantity,price,timestamp
T001,AAPL,100,190.505,2026-10-14T14:30:00.100Z
T002,MSFT,51,400.01,2026-10-14T14:31:00.101Z
T003,IBM,10,0.025,2026-10-14T14:32:00.000Z
T004,NVDA,20,120.00,2026-10-15T14:33:00.000Z
T006,GOOG,7,150.00,2026-10-14T14:35:00.000Z
T007,META,3,500.00,2026-10-14T14:36:00.050Z
T008,TSLA,4,250.00,2026-10-14T14:37:00.000Z
T099,UBER,9,70.00,2026-10-14T14:40:00.000Z
"""
PNL_SNAPSHOT = """\
trade_id,pnl_impact,commission
T001,95.00,0.5
T002,19990.00,10.00
T003,-0.30,0.00
T004,2399.00,1.01
T005,999.00,1.00
T007,1499.00,1.00
T008,999.00,1.00
"""
# T002 breaks three rules. T003: 0.02 against 0.025 is on the bound, |0.20 - 0 + 0.30| < 1.
# T004: confirmed a day late to the hour; |2400 - 1.01 - 2399| = 0.01. T006 has no snapshot.
BREAKS = {
    "pnl_mismatch": {"T001"},
    "quantity_mismatch": {"T002"},
    "price_mismatch": {"T002"},
    "timestamp_mismatch": {"T002", "T004"},
    "missing_confirmation": {"T005"},
    "missing_pnl_snapshot": {"T006"},
    "duplicate_execution": {"T008"},
    "missing_execution": {"T099"},
}


@pytest.fixture(scope="module")
def answer(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("files")
    for feed, text in (
        ("executions", EXECUTIONS),
        ("broker_confirmations", CONFIRMATIONS),
        ("pnl_snapshot", PNL_SNAPSHOT),
    ):
        file = folder / f"{feed}.csv"
        file.write_text(text, encoding="utf-8")
        instance.json("load", feed, str(file))
    return instance.json("close", BUSINESS_DATE)


def test_breaks_by_type(answer: dict[str, object]) -> None:
    assert answer["breaks"] == {kind: len(trades) for kind, trades in BREAKS.items()}
    # the files name no counterparty, so nobody can say where to deliver
    assert answer["other_breaks"] == {"standing_instruction_missing": 1}


def test_matched_trades(answer: dict[str, object]) -> None:
    assert answer["business_date"] == BUSINESS_DATE
    assert answer["matched"] == 3  # T003, T007, T008


def test_control_totals_add_up(answer: dict[str, object]) -> None:
    totals = answer["control_totals"]
    assert isinstance(totals, dict)
    executions = totals["executions"]
    assert (executions["received"], executions["accepted"]) == (12, 9)
    assert (executions["rejected"], executions["duplicate"]) == (2, 1)
    for feed, received in (("broker_confirmations", 8), ("pnl_snapshot", 7)):
        assert totals[feed]["received"] == totals[feed]["accepted"] == received


def test_rejects_have_reasons(instance: Instance, answer: dict[str, object]) -> None:
    rejects = answer["rejects"]
    assert isinstance(rejects, dict)
    assert sum(rejects.values()) == 2
    listed = instance.json("rejects", "list")
    assert "T010" in json.dumps(listed)


def test_the_break_file_says_which_trades(answer: dict[str, object]) -> None:
    folder = Path(str(answer["report_dir"]))
    name = f"breaks_{BUSINESS_DATE.replace('-', '')}.csv"
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["subject_kind"] != "TRADE":
            continue
        found.setdefault(row["break_type"], set()).add(row["trade_id"])
    assert found == BREAKS


def test_closing_again_changes_no_byte(instance: Instance, answer: dict[str, object]) -> None:
    again = instance.json("close", BUSINESS_DATE)
    assert again["version"] == answer["version"]
    assert again["files"] == answer["files"]


def test_a_late_record_makes_the_next_version(
    instance: Instance, answer: dict[str, object], tmp_path: Path
) -> None:
    late = tmp_path / "late.csv"
    late.write_text(
        "trade_id,ticker,quantity,price,timestamp\nT005,AMZN,5,200.00,2026-10-14T14:34:00.000Z\n",
        encoding="utf-8",
    )
    instance.json("load", "broker_confirmations", str(late))
    again = instance.json("close", BUSINESS_DATE)
    assert isinstance(answer["version"], int)
    assert again["version"] == answer["version"] + 1
    assert again["matched"] == 4
    assert "missing_confirmation" not in again["breaks"]
