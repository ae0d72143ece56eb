"""How commands speak: progress and errors on standard error, results on standard output."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

progress = Console(stderr=True, highlight=False)
results = Console(highlight=False)

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, as the last line.")
]


is_told = False  # whether a program has had its JSON


def say(line: str) -> None:
    """Tell how far things are."""
    progress.print(line, markup=False, soft_wrap=True)


def print_json(result: Mapping[str, Any]) -> None:
    """Print a result as one line of JSON, the last one on standard output."""
    global is_told  # noqa: PLW0603 - one command, one answer, one process
    is_told = True
    sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_facts(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a result for a person, a fact a line; or as JSON."""
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        if isinstance(value, Mapping):
            results.print(f"{key}:", markup=False)
            for inner_key, inner in value.items():
                results.print(f"  {inner_key}: {inner}", markup=False, soft_wrap=True)
        else:
            results.print(f"{key}: {value}", markup=False, soft_wrap=True)


def print_records(
    headings: Sequence[str], records: Sequence[tuple[Sequence[object], str]], empty: str
) -> None:
    """Print a table for a person whose lines carry a text of any length, which stands below each.

    Nothing is cut off, however narrow the terminal; values are shown as they are.

    Args:
        headings: names of the columns.
        records: values of the columns, and the text.
        empty: what to say when there are none.
    """
    if not records:
        results.print(empty, markup=False)
        return
    rows = [list(headings), *([str(cell) for cell in cells] for cells, _ in records)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(headings))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    results.print(lines[0], style="bold", markup=False, soft_wrap=True)
    for line, (_, text) in zip(lines[1:], records, strict=True):
        results.print(line, markup=False, soft_wrap=True)
        for part in text.splitlines():
            for piece in textwrap.wrap(part, max(results.width - 4, 40)):
                results.print(f"    {piece}", markup=False, soft_wrap=True)


def clean_lines(lines: Iterable[str]) -> list[str]:
    """Each without anything that could move the cursor: what senders wrote is shown here."""
    return ["".join(c if c.isprintable() else "\ufffd" for c in line) for line in lines]


def show_instant(moment: dt.datetime | None) -> str:
    """An instant in UTC to the second; a dash for none."""
    return f"{moment.astimezone(dt.timezone.utc):%Y-%m-%d %H:%M:%S}" if moment else "-"


def print_error(message: str) -> None:
    """Say in one paragraph what went wrong."""
    progress.print(f"error: {message}", style="red", markup=False, soft_wrap=True)
