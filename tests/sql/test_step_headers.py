"""What a step's header says is what its body does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from posttrade.database import SQL_ROOT

STEPS = SQL_ROOT / "steps"
OWN_DAGS = ("trade_capture", "end_of_day", "reference_data", "settlement", "compliance")
SCHEMAS = (
    "landing|staging|trade|recon|books|quality|control|report|reference|outbox|settlement|market"
    "|compliance|risk"
)
LINES_MAX = 80
LINE_LENGTH_MAX = 100
FIELDS = ("purpose", "reads", "writes", "rerun", "parameters")


def _paths() -> list[Path]:
    return sorted(path for dag in OWN_DAGS for path in (STEPS / dag).glob("*.sql"))


def _split(path: Path) -> tuple[dict[str, str], str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    length = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    header: dict[str, str] = {}
    for line in lines[:length]:
        field, _, text = line[3:].partition(": ")
        if field in FIELDS:
            header[field] = text
        else:
            header[list(header)[-1]] += " " + line[2:].strip()
    return header, re.sub(r"--.*", "", "\n".join(lines[length:]))


@pytest.mark.parametrize("path", _paths(), ids=lambda path: f"{path.parent.name}/{path.stem}")
class TestStep:
    def test_header_names_every_field(self, path: Path) -> None:
        assert tuple(_split(path)[0]) == FIELDS

    def test_header_names_the_parameters(self, path: Path) -> None:
        header, body = _split(path)
        used = set(re.findall(r"%\((\w+)\)s", body))
        stated = re.sub(r"\(.*?\)", "", header["parameters"])
        assert set(re.findall(r"\w+", stated)) - {"none"} == used

    def test_header_names_the_tables(self, path: Path) -> None:
        header, body = _split(path)
        body = re.sub(r"'[^']*'", "", body)
        named = set(
            re.findall(rf"\b(?:{SCHEMAS})\.[a-z_]+\b", header["reads"] + " " + header["writes"])
        )
        used = set(re.findall(rf"\b(?:{SCHEMAS})\.[a-z_]+\b(?!\()", body))
        assert used <= named

    def test_written_tables_are_said_to_be_written(self, path: Path) -> None:
        header, body = _split(path)
        verbs = r"(?:insert into|update|delete from|merge into|truncate)"
        for table in re.findall(rf"{verbs} ((?:{SCHEMAS})\.[a-z_]+)", body):
            assert table in header["writes"]

    def test_is_short_and_ends_with_its_counts(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LINES_MAX
        assert max(map(len, lines)) <= LINE_LENGTH_MAX
        last = _split(path)[1].rstrip().rstrip(";").split(";")[-1]
        assert "as rows_in" in last
        assert "as rows_out" in last
