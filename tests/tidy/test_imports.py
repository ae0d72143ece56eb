"""Who may know whom: the house's rules about imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from posttrade.instance import REPOSITORY

INCLUDE = REPOSITORY / "include" / "posttrade"
# no input or output, no clock, no environment: these may be imported by anything, at any time
PURE = ("errors.py",)
PURE_ALLOWED = {"__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "re"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


def list_modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def read_imports(path: Path) -> Iterator[str]:
    """Dotted names of everything a module imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", list_modules("dags"), ids=name_of)
def test_dags_know_only_airflow_and_the_plugin(path: Path) -> None:
    allowed = {"__future__", "datetime", "airflow", "posttrade_airflow"}
    assert {name.split(".")[0] for name in read_imports(path)} <= allowed
    assert not any(name.startswith("airflow.models") for name in read_imports(path))


@pytest.mark.parametrize("path", list_modules("include"), ids=name_of)
def test_include_never_knows_airflow(path: Path) -> None:
    foreign = {"airflow", "posttrade_airflow", "dags"}
    assert foreign.isdisjoint(name.split(".")[0] for name in read_imports(path))


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_do_nothing_outside(name: str) -> None:
    assert {module.split(".")[0] for module in read_imports(INCLUDE / name)} <= PURE_ALLOWED


@pytest.mark.parametrize("path", list_modules("include/posttrade/reports"), ids=name_of)
def test_reports_read_views_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "landing." not in text
    assert "staging." not in text


def test_the_suites_folder_does_not_shadow_the_package() -> None:
    """With a module in it, ``import great_expectations`` would find our data files."""
    assert list((REPOSITORY / "great_expectations").glob("__init__.py")) == []


def test_no_module_is_named_for_anything() -> None:
    names = {path.stem: path for path in list_modules("dags", "plugins", "include")}
    assert [name_of(path) for stem, path in names.items() if stem in VAGUE] == []
