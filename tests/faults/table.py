"""The suite's table: each fault, how often it was injected, what was lost and doubled.

A fault is a test of this folder that asks for ``fault``; the first line of its docstring is its
name. The table of a whole run is written to ``var/faults.json``; with ``POSTTRADE_WRITE_FAULTS=1``
also to ``bench/results/faults.json`` and into the README of this folder.
"""

from __future__ import annotations

import ast
import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from posttrade.instance import REPOSITORY

FOLDER = Path(__file__).parent
RESULTS = REPOSITORY / "bench" / "results" / "faults.json"
README = FOLDER / "README.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"
FIXTURE = "fault"


@dataclasses.dataclass
class Row:
    """One fault's result.

    Attributes:
        times: how often it was injected.
        seed: of its random moments.
        outcome: passed, failed or not run.
        seconds: how long the test took.
    """

    fault: str
    test: str
    seed: int = 0
    times: int = 0
    lost: int = 0
    doubled: int = 0
    outcome: str = "not run"
    seconds: float = 0.0


def name_fault(docstring: str | None) -> str:
    """The fault's name: the first line of its test's docstring."""
    lines = (docstring or "").strip().splitlines()
    assert lines, "a fault's test begins with a docstring: its first line names the fault"
    return lines[0].rstrip(".")


def list_faults() -> dict[str, str]:
    """Every fault of this folder: its test and its name."""
    faults = {}
    for path in sorted(FOLDER.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.FunctionDef)
                and node.name.startswith("test_")
                and FIXTURE in [argument.arg for argument in node.args.args]
            ):
                faults[f"{path.stem}::{node.name}"] = name_fault(ast.get_docstring(node))
    return faults


def format_table(rows: Iterable[Row]) -> str:
    """Rows for a terminal."""
    lines = [f"{'fault':<72} {'times':>6} {'lost':>5} {'doubled':>8}  outcome"]
    lines += [
        f"{row.fault[:72]:<72} {row.times:>6} {row.lost:>5} {row.doubled:>8}  {row.outcome}"
        for row in rows
    ]
    return "\n".join(lines)


def format_markdown(rows: Iterable[dict[str, Any]]) -> str:
    """Rows for the README."""
    lines = ["| fault | times | lost | doubled |", "|---|---|---|---|"]
    lines += [f"| {r['fault']} | {r['times']} | {r['lost']} | {r['doubled']} |" for r in rows]
    return "\n".join(lines) + "\n"


def write_results(path: Path, rows: Iterable[Row]) -> None:
    """Write the table as JSON; faults that were not injected this time keep their lines."""
    faults = list_faults()
    lines = {row.test: dataclasses.asdict(row) for row in rows}
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))["faults"]
        lines = {line["test"]: line for line in known} | lines
    kept = [lines[test] for test in faults if test in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"faults": kept}, indent=2) + "\n", encoding="utf-8")


def renew_readme() -> None:
    """Put the table of the committed results into the README."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["faults"]
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + format_markdown(rows) + END + after, encoding="utf-8")
