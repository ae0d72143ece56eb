"""Nothing grows past what one can hold in mind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from posttrade.instance import REPOSITORY

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
DAG_LINES_MAX = 100
STEP_LINES_MAX = 80
LINE_LENGTH_MAX = 100


def list_files(pattern: str, *folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((REPOSITORY / folder).rglob(pattern))]


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", list_files("*.py", "include", "plugins"), ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    assert count_lines(path) <= MODULE_LINES_MAX
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", list_files("*.py", "dags"), ids=name_of)
def test_dags_are_wiring_only(path: Path) -> None:
    assert count_lines(path) <= DAG_LINES_MAX
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.If)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, defined) for node in ast.walk(tree))


@pytest.mark.parametrize("path", list_files("*.sql", "sql/steps"), ids=name_of)
def test_steps_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > LINE_LENGTH_MAX] == []
    assert sum(1 for line in lines if not line.startswith("--")) <= STEP_LINES_MAX
