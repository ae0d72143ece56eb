"""``posttrade allocate FILE``: how blocks are split."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path
from typing import Annotated

import typer

from posttrade.cli.output import JsonOption, print_facts
from posttrade.instance import Instance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("allocate")(allocate)


def allocate(
    file: Annotated[
        Path, typer.Argument(help="CSV with trade_date, trade_id, account and quantity.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say how blocks are split to accounts; may be repeated, and the newest file counts.

    They are instructed by the next run of `settlement_cycle`, when their parts sum up to them.
    """
    from posttrade.settlement import load_allocations

    run_id = f"allocate-{uuid.uuid4().hex[:12]}"
    counts = load_allocations(Instance.load().trade_dsn, file, run_id=run_id)
    print_facts(dataclasses.asdict(counts), as_json=as_json)
