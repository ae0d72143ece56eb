"""``posttrade rejects``: what was refused, out for repair and in again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from posttrade.cli.output import JsonOption, clean_lines, print_facts, print_json, print_records
from posttrade.errors import ConfigurationError
from posttrade.instance import Instance
from posttrade.rejects import RejectFilter, export_rejects, list_rejects, replay_rejects

LISTED_MAX = 1_000
group = typer.Typer(
    no_args_is_help=True, help="List, export and replay messages that were refused."
)
Feed = Annotated[str | None, typer.Option(help="Only this feed.")]
Date = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Only this business date.", metavar="DATE"),
]
Reason = Annotated[str | None, typer.Option(help="Only this reason.")]
Stage = Annotated[str | None, typer.Option(help="Only from contract, quality, close or person.")]
WithReplayed = Annotated[bool, typer.Option("--with-replayed", help="Also those sent again.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="rejects")


def _filter(
    feed: str | None,
    business_date: dt.datetime | None,
    reason: str | None,
    stage: str | None,
    *,
    with_replayed: bool,
) -> RejectFilter:
    date = None if business_date is None else business_date.date()
    return RejectFilter(feed, date, reason, stage, with_replayed)


@group.command("list")
def list_command(
    feed: Feed = None,
    business_date: Date = None,
    reason: Reason = None,
    stage: Stage = None,
    with_replayed: WithReplayed = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows shown.")] = LISTED_MAX,
    as_json: JsonOption = False,
) -> None:
    """List refused messages with their place and reason, oldest first."""
    chosen = _filter(feed, business_date, reason, stage, with_replayed=with_replayed)
    rejects = list_rejects(Instance.load().trade_dsn, dataclasses.replace(chosen, row_limit=limit))
    if as_json:
        print_json({"count": len(rejects), "rejects": rejects})
        return
    print_records(
        ("reject", "date", "feed", "place", "stage", "replayed"),
        [(show_cells(reject), show_text(reject)) for reject in rejects],
        "no rejects",
    )


def show_cells(reject: Mapping[str, Any]) -> list[str]:
    """A reject's facts in a line: place is partition/offset."""
    place = f"{reject['partition']}/{reject['message_offset']}"
    names = ("reject_id", "business_date", "feed")
    replayed = "yes" if reject["replayed_at"] else "no"
    return [*(str(reject[name]) for name in names), place, reject["stage"], replayed]


def show_text(reject: Mapping[str, Any]) -> str:
    """Why it was refused, and the line of the file that it came from, where it was loaded."""
    lines = [f"{reject['reason']}: {reject['detail']}"]
    if reject["trade_id"]:
        lines.append(f"trade {reject['trade_id']}")
    if reject["source_file"]:
        lines.append(f"{reject['source_file']}, line {reject['source_line']}")
    return "\n".join(clean_lines(lines))


@group.command("export")
def export_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File (default: standard output).")
    ] = None,
    feed: Feed = None,
    business_date: Date = None,
    reason: Reason = None,
    stage: Stage = None,
    with_replayed: WithReplayed = False,
    as_json: JsonOption = False,
) -> None:
    """Write refused messages as NDJSON, one a line: repair `payload`, then replay the file."""
    chosen = _filter(feed, business_date, reason, stage, with_replayed=with_replayed)
    dsn = Instance.load().trade_dsn
    if output is None:
        if as_json:
            raise ConfigurationError("--json tells about a file: name it with --output FILE")
        export_rejects(dsn, chosen, sys.stdout)
        return
    with output.open("w", encoding="utf-8") as file:
        count = export_rejects(dsn, chosen, file)
    print_facts({"count": count, "file": str(output)}, as_json=as_json)


@group.command("replay")
def replay_command(
    file: Annotated[Path, typer.Argument(help="Lines of `rejects export` with repaired payloads.")],
    as_json: JsonOption = False,
) -> None:
    """Send repaired messages into their topics; unchanged and replayed ones are left out."""
    instance = Instance.load()
    result = replay_rejects(instance.trade_dsn, instance.kafka_config, file)
    print_facts(dataclasses.asdict(result), as_json=as_json)
