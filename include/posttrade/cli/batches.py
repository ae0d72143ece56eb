"""``posttrade batches``: what a quality gate stopped, and a person's decision on it."""

from __future__ import annotations

from typing import Annotated

import typer

from posttrade.batches import list_batches, reject_batch, retry_batch
from posttrade.cli.output import (
    JsonOption,
    print_facts,
    print_json,
    print_records,
    show_instant,
)
from posttrade.instance import Instance

group = typer.Typer(
    no_args_is_help=True, help="List drained batches; decide on those that were stopped."
)
BatchId = Annotated[int, typer.Argument(help="Id of the batch, as `batches list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="batches")


@group.command("list")
def list_command(
    status: Annotated[
        str | None,
        typer.Option(help="DRAINED, VALIDATED, PROMOTED, RECONCILED, STOPPED, REJECTED."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List batches, newest first: those of a status, or all that are not finished."""
    batches = list_batches(Instance.load().trade_dsn, status=status)
    if as_json:
        print_json({"count": len(batches), "batches": batches})
        return
    names = ("batch_id", "feed", "status", "message_count", "reject_count", "drained_at")
    headings = ("batch", "feed", "status", "messages", "rejects", "drained (UTC)")
    records = [
        (
            [show_instant(batch[name]) if name == "drained_at" else batch[name] for name in names],
            batch["status_reason"] or "",
        )
        for batch in batches
    ]
    print_records(headings, records, "no batches")


@group.command("retry")
def retry_command(
    batch_id: BatchId,
    allow_dates: Annotated[
        bool,
        typer.Option("--allow-dates", help="Let it open as many new business dates as it holds."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a stopped batch go on where it was stopped, by the next run of trade_capture."""
    status = retry_batch(Instance.load().trade_dsn, batch_id, allow_dates=allow_dates)
    print_facts({"batch_id": batch_id, "status": status}, as_json=as_json)


@group.command("reject")
def reject_command(
    batch_id: BatchId,
    reason: Annotated[str, typer.Option(help="Why, in your words; stands in every reject.")],
    as_json: JsonOption = False,
) -> None:
    """Refuse a stopped batch: each of its rows becomes a reject."""
    count = reject_batch(Instance.load().trade_dsn, batch_id, detail=reason)
    facts = {"batch_id": batch_id, "status": "REJECTED", "refused_count": count}
    print_facts(facts, as_json=as_json)
