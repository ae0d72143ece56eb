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


# they start whole instances and look at the time: nothing may run beside them
QUIET = ("tests/e2e", "tests/faults")


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
    """Run the tests; they start the servers they need and stop them again.

    All of them: first those that can run side by side, one process per core, then the others.
    """
    if arguments:
        run_module("pytest", arguments)
    beside = ["tests", *(f"--ignore={folder}" for folder in QUIET)]
    runs = [[*beside, "--numprocesses=auto", "--maxprocesses=4"], *([folder] for folder in QUIET)]
    # all of them run, whatever came before; one that a signal ended has a code below nought
    raise typer.Exit(next(filter(None, [start_module("pytest", run) for run in runs]), 0))


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


def run_module(module: str, arguments: list[str]) -> None:
    """Run a Python module in the repository with our import path; leave with its exit code."""
    raise typer.Exit(start_module(module, arguments))


def start_module(module: str, arguments: list[str]) -> int:
    """Run a Python module in the repository with our import path; gives its exit code."""
    path = [str(REPOSITORY / "include"), str(REPOSITORY / "plugins"), str(REPOSITORY)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
