"""How commands speak: progress and errors on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

progress = Console(stderr=True, highlight=False)
results = Console(highlight=False)

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, as the last line.")
]


is_told = False  # whether a program has had its JSON


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


def print_error(message: str) -> None:
    """Say in one paragraph what went wrong."""
    progress.print(f"error: {message}", style="red", markup=False, soft_wrap=True)
