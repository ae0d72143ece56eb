"""``posttrade load``: a file into a feed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from posttrade.cli.output import JsonOption, print_facts, progress
from posttrade.feeds import FEEDS
from posttrade.instance import Instance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("load")(load)


def load(
    feed: Annotated[str, typer.Argument(help=f"One of {', '.join(FEEDS)}.")],
    file: Annotated[
        Path, typer.Argument(help="CSV with a header line, or one JSON object a line.")
    ],
    business_date: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Trade date of rows that state none.", metavar="DATE"
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Source of rows that state none (default: the feed's).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a CSV or NDJSON file into a feed, row by row, as if it had been streamed."""
    from posttrade.load import load_file

    instance = Instance.load()
    columns = (SpinnerColumn(), TextColumn("{task.completed} messages sent"), TimeElapsedColumn())
    with Progress(*columns, console=progress) as bar:
        task = bar.add_task("sent", total=None)
        result = load_file(
            instance.kafka_config,
            feed,
            file,
            business_date=None if business_date is None else business_date.date(),
            source=source,
            on_progress=lambda count: bar.update(task, completed=count),
        )
    print_facts(dataclasses.asdict(result), as_json=as_json)
