"""``posttrade topics``: which topics are drained, and a person's decision on one made anew."""

from __future__ import annotations

import dataclasses
import getpass
from typing import Annotated

import typer
from rich.table import Table

from posttrade.cli.output import JsonOption, print_facts, print_json, results
from posttrade.instance import Instance
from posttrade.topic_adoption import adopt_topic, list_topics

group = typer.Typer(
    no_args_is_help=True, help="Show the topics that are drained; go on with one made anew."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="topics")


@group.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """List the feeds' topics, Kafka's id of each, and why one is stopped."""
    topics = list_topics(Instance.load().trade_dsn)
    if as_json:
        print_json({"count": len(topics), "topics": topics})
        return
    names = ("topic", "topic_id", "generation", "stopped_at", "stop_reason")
    table = Table(*names)
    for topic in topics:
        table.add_row(*(str(topic[name] or "").replace("[", r"\[") for name in names))
    results.print(table)


@group.command("adopt")
def adopt_command(
    topic: Annotated[
        str, typer.Argument(help="A feed that is stopped, as `topics list` shows it.")
    ],
    adopted_by: Annotated[
        str | None, typer.Option("--by", help="Who decides; by default who runs the command.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with the topic that is there now; what the old one still held is recorded as lost."""
    instance = Instance.load()
    adoption = adopt_topic(
        instance.trade_dsn, instance.kafka_config, topic, adopted_by=adopted_by or getpass.getuser()
    )
    facts = dataclasses.asdict(adoption)
    facts |= {"lost_count": adoption.lost_count}
    losses = facts.pop("losses")
    if as_json:
        print_json({**facts, "partitions": losses})
        return
    lines = {
        f"partition {loss['partition']}": (
            f"drained up to {loss['drained_offset']}, known to have ended at {loss['end_offset']}: "
            f"{loss['lost_count']} lost"
        )
        for loss in losses
    }
    print_facts({**facts, "partitions": lines}, as_json=False)
