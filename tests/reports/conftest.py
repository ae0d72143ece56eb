"""A closed day in a database of its own, and a folder for its packs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from posttrade.database import connect
from posttrade.reports import Pack, render_pack

from .day import BUSINESS_DATE, Day, lay_day


@pytest.fixture
def reports_dir(tmp_path: Path) -> Path:
    return tmp_path / "reports"


@pytest.fixture
def lay(trade_dsn: str) -> Callable[[Day], None]:
    """Writes a closed day."""

    def write(day: Day) -> None:
        with connect(trade_dsn) as connection:
            lay_day(connection, day)

    return write


@pytest.fixture
def render(trade_dsn: str, reports_dir: Path) -> Callable[[], Pack]:
    """Renders the pack of the day, each time under another run."""
    runs = iter(range(100))

    def render_once() -> Pack:
        return render_pack(
            trade_dsn, BUSINESS_DATE, run_id=f"run-{next(runs)}", reports_dir=reports_dir
        )

    return render_once


@pytest.fixture
def change(trade_dsn: str) -> Callable[[str], None]:
    """Runs a statement against the day."""

    def execute(statement: str) -> None:
        with psycopg.connect(trade_dsn) as connection:
            connection.execute(statement.encode("utf-8"))

    return execute
