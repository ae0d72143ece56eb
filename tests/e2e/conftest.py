"""A running instance of the whole product, driven only through its command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND_TIMEOUT_S = 900


class Instance:
    """The command line of one instance, with its own home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``posttrade ARGUMENTS``; on failure the test shows both streams."""
        environment = {
            **os.environ,
            "POSTTRADE_HOME": str(self.home),
            "PYTHONPATH": f"{REPOSITORY / 'include'}{os.pathsep}{REPOSITORY / 'plugins'}",
        }
        done = subprocess.run(
            [sys.executable, "-m", "posttrade", *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        if check and done.returncode != 0:
            pytest.fail(
                f"posttrade {' '.join(arguments)} ended with {done.returncode}\n"
                f"--- stdout\n{done.stdout[-4000:]}\n--- stderr\n{done.stderr[-8000:]}"
            )
        return done

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run with ``--json`` and give the object of the last line."""
        answer = json.loads(self.run(*arguments, "--json").stdout.splitlines()[-1])
        assert isinstance(answer, dict)
        return answer

    def query(self, sql: str) -> str:
        """One value from the trade database, as psql prints it."""
        return self.run("psql", "-c", sql, "-A", "-t").stdout.strip()


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A whole stack with the embedded broker, stopped at the end of the session."""
    running = Instance(tmp_path_factory.mktemp("instance"))
    running.run("up")
    try:
        yield running
    finally:
        running.run("down", "--discard", check=False)
