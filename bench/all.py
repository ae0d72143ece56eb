"""Run every benchmark, one after the other, and lay the results out as one page."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Annotated

import typer

from bench import harness, page
from bench.harness import REPETITIONS_MIN, RepeatOption, RowsOption, say
from posttrade.cli.checks import list_benchmarks
from posttrade.instance import REPOSITORY

NOT_MEASURES = {"all", "page"}


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    only: Annotated[
        list[str] | None, typer.Option(help="Run only this one; repeat for several.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Leave this one out.")] = None,
) -> None:
    """Run every benchmark and write bench/results/benchmarks.html.

    With --rows the runs are trials: their results, and the page, lie in bench/results/trials.
    """
    known = [name for name in list_benchmarks() if name not in NOT_MEASURES]
    ordered = sorted(known, key=lambda name: (*page.ORDER, name).index(name))
    chosen = [name for name in ordered if name in (only or known) and name not in (skip or ())]
    options = [f"--repeat={repetitions}", *(f"--rows={size}" for size in rows or ())]
    failures = {}
    began = time.monotonic()
    for number, name in enumerate(chosen, start=1):
        say(f"=== {number}/{len(chosen)} {name}, {time.monotonic() - began:.0f} s after the start")
        command = [sys.executable, "-m", f"bench.{name}", *options]
        result = subprocess.run(command, cwd=REPOSITORY, check=False)
        if result.returncode:
            failures[name] = f"it ended with exit code {result.returncode}"
            say(f"{name}: {failures[name]}")
    folder = harness.RESULTS / harness.TRIALS if rows else harness.RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    print(f"the page: {page.write_page(folder, failures)}")
    raise typer.Exit(1 if failures else 0)


if __name__ == "__main__":
    typer.run(main)
