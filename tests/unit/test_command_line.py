"""How the command line fails: one line for a person, one object for a program, the same code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console

from posttrade.cli import checks, output, rejects
from posttrade.feeds import FEEDS
from posttrade.instance import REPOSITORY, Instance


def posttrade(*arguments: str, home: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "posttrade", "--home", str(home), *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "include")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "words"),
    [
        (("status",), 2, "ConfigurationError", "no instance in"),
        (("close", "yesterday"), 2, "UsageError", "yesterday"),
        (("close",), 2, "UsageError", "Missing argument"),
        (("simulate", "--nonsense"), 2, "UsageError", "nonsense"),
        (("load", "trades", "nowhere.csv"), 2, "ConfigurationError", "no instance in"),
    ],
)
def test_a_failure_is_the_last_line_for_a_program(
    tmp_path: Path, arguments: tuple[str, ...], code: int, kind: str, words: str
) -> None:
    done = posttrade(*arguments, "--json", home=tmp_path)
    assert done.returncode == code
    told = json.loads(done.stdout.splitlines()[-1])
    assert set(told) == {"error", "kind"}
    assert told["kind"] == kind
    assert words in told["error"]
    silent = posttrade(*arguments, home=tmp_path)
    assert (silent.returncode, silent.stdout) == (code, "")
    assert "Traceback" not in done.stderr + silent.stderr


def test_what_can_be_loaded_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = posttrade("load", "--help", home=tmp_path).stdout
    assert f"One of {', '.join(FEEDS)}." in told


def test_a_home_that_cannot_be_made_is_one_line() -> None:
    done = posttrade("up", "--json", home="/proc/x")
    assert done.returncode == 2
    assert done.stderr.startswith("error: /proc/x: ")
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["kind"] == "Unavailable"


def test_airflow_needs_the_database(tmp_path: Path) -> None:
    Instance.create(tmp_path)
    done = posttrade("airflow", "dags", "list", home=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: the database is not running: start it with `./posttrade up`\n"


def test_a_link_to_the_launcher_works(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pt").symlink_to(REPOSITORY / "posttrade")
    (tmp_path / "again").symlink_to("bin/pt")
    done = subprocess.run(
        [tmp_path / "again", "--help"], capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "reconciled and reported" in done.stdout


REJECT = {
    "reject_id": 1234567,
    "business_date": "2026-11-18",
    "feed": "broker_confirmations",
    "partition": 11,
    "message_offset": 123_456_789,
    "stage": "contract",
    "reason": "settlement_date_before_trade_date",
    "detail": "settlement_date is 2026-11-01, expected at least 2026-11-18; " + "x" * 200,
    "trade_id": "T\x1b[31m[red]1",
    "replayed_at": None,
    "source_file": "day.csv",
    "source_line": "77",
}


def test_lists_are_whole_at_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "results", Console(width=80, highlight=False))
    monkeypatch.setattr(rejects, "list_rejects", lambda *_: [REJECT, REJECT | {"replayed_at": "x"}])
    monkeypatch.setattr(rejects.Instance, "load", lambda: Instance)
    monkeypatch.setattr(Instance, "trade_dsn", "")
    rejects.list_command()
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown
    for words in ("1234567", "11/123456789", "settlement_date_before_trade_date", "[red]1"):
        assert words in shown
    assert "day.csv, line 77" in shown
    assert shown.count("x" * 70) >= 2
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith("1234567")] == [
        "no",
        "yes",
    ]


@pytest.mark.parametrize(
    ("codes", "code"), [((0, 0, 0), 0), ((0, -9, 0), -9), ((1, 0, 0), 1), ((0, 0, 5), 5)]
)
def test_all_tests_are_run_and_one_failure_is_enough(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, ...], code: int
) -> None:
    """A run that a signal ended counts as failed, although its code is below nought."""
    given = iter(codes)
    monkeypatch.setattr(checks, "start_module", lambda module, arguments: next(given))
    with pytest.raises(typer.Exit) as left:
        checks.run_tests(None)
    assert left.value.exit_code == code
    assert not list(given)
