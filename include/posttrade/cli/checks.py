"""``posttrade test`` and ``posttrade bench``: proof and measure, run from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from posttrade.errors import ConfigurationError
from posttrade.instance import REPOSITORY

PASS_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}
STARTS_ITSELF = '__name__ == "__main__"'  # what else lies in bench/ is shared by benchmarks


def list_benchmarks() -> list[str]:
    """Names of the modules below bench/ that can be run."""
    return sorted(
        path.stem
        for path in (REPOSITORY / "bench").glob("*.py")
        if STARTS_ITSELF in path.read_text(encoding="utf-8")
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("test", context_settings=PASS_ARGUMENTS)(run_tests)
    # what follows the name is the benchmark's own, --help too
    settings = {**PASS_ARGUMENTS, "allow_interspersed_args": False}
    app.command("bench", context_settings=settings)(run_benchmark)


def run_tests(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Passed to pytest; default: all of tests/")
    ] = None,
) -> None:
    """Run the tests; they start the servers they need and stop them again."""
    run_module("pytest", arguments or [], "tests")


def run_benchmark(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(list_benchmarks())}.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Passed to the benchmark")] = None,
) -> None:
    """Run a benchmark: figures inside one run against its limit and a peer.

    all runs every one and writes bench/results/benchmarks.html; page writes that from the results
    that are there. Each takes --help.
    """
    known = list_benchmarks()
    if name not in known:
        raise ConfigurationError(f"no benchmark {name!r}; there are: {', '.join(known)}")
    run_module(f"bench.{name}", arguments or [])


def run_module(module: str, arguments: list[str], default: str | None = None) -> None:
    """Run a Python module in the repository with our import path; leave with its exit code."""
    if default is not None and not arguments:
        arguments = [default]
    path = [str(REPOSITORY / "include"), str(REPOSITORY / "plugins"), str(REPOSITORY)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    command = [sys.executable, "-m", module, *arguments]
    result = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False)
    raise typer.Exit(result.returncode)
