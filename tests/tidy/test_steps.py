"""A step's header says what its body does, and its folder says whose step it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from posttrade.instance import REPOSITORY

STEPS = REPOSITORY / "sql" / "steps"
ALL = sorted(STEPS.rglob("*.sql"))
PARTS = ("purpose", "reads", "writes", "rerun", "parameters")
# folders named for a Dag, and the two that several Dags share
FOLDERS = {
    "trade_capture",
    "end_of_day",
    "reference_data",
    "quality",
    "settlement",
    "watch",
    "housekeeping",
    "compliance",
}
# the other tasks of the close run several steps each
SQL_TASKS = ("begin_close", "count_control_totals")
PARAMETER = re.compile(r"%\((\w+)\)s")
TABLE = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+"
    r"((?:landing|staging|trade|recon|books|quality|control|report|reference|outbox"
    r"|settlement|compliance)\.\w+)",
)
PERCENT = re.compile(r"%(?!\()")


def name_of(path: Path) -> str:
    return str(path.relative_to(STEPS))


def split_step(path: Path) -> tuple[dict[str, str], str]:
    """The header's parts by name, and the body without comments."""
    parts: dict[str, str] = {}
    name = ""
    body = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("--") and not body:
            found = re.match(r"--\s*(\w+):\s*(.*)", line)
            if found and found[1].lower() in PARTS:
                name = found[1].lower()
                parts[name] = found[2]
            elif name:
                parts[name] += " " + line.lstrip("- ")
        elif line.strip() or body:
            body.append(re.sub(r"--.*", "", line))
    return parts, "\n".join(body)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_header_is_whole(path: Path) -> None:
    parts, _ = split_step(path)
    assert tuple(parts) == PARTS
    assert all(parts.values())


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_header_names_the_parameters_of_the_body(path: Path) -> None:
    parts, body = split_step(path)
    stated = set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", parts["parameters"]))) - {"none"}
    assert set(PARAMETER.findall(body)) <= stated


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_header_names_the_tables_that_the_body_writes(path: Path) -> None:
    parts, body = split_step(path)
    assert [table for table in TABLE.findall(body.lower()) if table not in parts["writes"]] == []


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_body_has_no_templates_and_no_lone_percent_sign(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "{{" not in text
    assert "{%" not in text
    assert PERCENT.findall(text.replace("%%", "")) == []


def test_steps_lie_in_the_folders_of_their_dags() -> None:
    assert {path.parent.name for path in ALL} <= FOLDERS


@pytest.mark.parametrize("task", SQL_TASKS)
def test_tasks_of_the_close_are_named_as_their_sql(task: str) -> None:
    assert (STEPS / "end_of_day" / f"{task}.sql").is_file()
