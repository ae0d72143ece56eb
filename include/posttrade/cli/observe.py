"""``posttrade metrics`` and ``alerts``: what the product says of itself, and whom it told."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from typing import Annotated

import typer

from posttrade.cli.output import JsonOption, print_json, results
from posttrade.instance import Instance

LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("metrics")(metrics)
    alerts = typer.Typer(no_args_is_help=True, help="Show whom was told what; send a test.")
    alerts.command("list")(list_alerts)
    alerts.command("test")(test_alerts)
    app.add_typer(alerts, name="alerts")


def metrics() -> None:
    """Print the metrics as Prometheus reads them; asks every part itself."""
    from posttrade.metrics.server import print_metrics
    from posttrade.metrics.sources import Sources

    sys.stdout.write(print_metrics(Sources.of_instance(Instance.load())))


def list_alerts(
    lines: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = LISTED,
    as_json: JsonOption = False,
) -> None:
    """Show the newest alerts, and what became of each on every channel."""
    from posttrade.alerts.message import Alert, clean, describe_line
    from posttrade.database import connect
    from posttrade.statements import read_statement

    with connect(Instance.load().trade_dsn) as connection:
        rows = connection.execute(
            read_statement("alerts/list_alerts"), {"row_limit": lines}
        ).fetchall()
    told = []
    for alert_id, kind, item_count, raised_at, facts, channels in rows:
        line = clean(describe_line(Alert(alert_id, kind, item_count, facts, raised_at)))
        told.append(
            {"alert_id": alert_id, "kind": kind, "items": item_count, "raised_at": raised_at,
             "text": line, "channels": channels}
        )  # fmt: skip
    if as_json:
        print_json({"alerts": told})
        return
    for alert in told:
        states = ", ".join(f"{name} {state}" for name, state in sorted(alert["channels"].items()))
        results.print(
            f"{alert['raised_at']:%Y-%m-%d %H:%M:%S}  {alert['text']}\n    {states}",
            markup=False,
            soft_wrap=True,
        )
    if not told:
        results.print("no alerts", markup=False)


def test_alerts() -> None:
    """Have the watch send a test to every channel; `alerts list` shows what became of it."""
    from posttrade.alerts.findings import record_finding

    moment = dt.datetime.now(dt.timezone.utc)
    record_finding(
        Instance.load().trade_dsn,
        kind="test",
        finding_key=uuid.uuid4().hex,
        summary=f"asked for on the command line at {moment:%Y-%m-%d %H:%M:%S} UTC",
        next_step="nothing; see ./posttrade alerts list",
    )
    results.print("the watch sends it within seconds; see: posttrade alerts list", markup=False)
