"""``posttrade compliance``: what was flagged, why, and what a person made of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import typer

from posttrade.cli.output import (
    JsonOption,
    clean_lines,
    print_facts,
    print_json,
    print_records,
    show_instant,
)
from posttrade.compliance.alerts import DECISIONS, STATES, dispose_alert, list_alerts, show_alert
from posttrade.errors import ConfigurationError
from posttrade.instance import Instance

LISTED_MAX = 200
group = typer.Typer(no_args_is_help=True, help="List, show and dispose of compliance alerts.")
AlertId = Annotated[int, typer.Argument(help="Number of the alert.", metavar="ALERT")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="compliance")


@group.command("list")
def list_command(
    business_date: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only this business date.", metavar="DATE"),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    state: Annotated[
        str | None, typer.Option(help=f"Only in this state: {', '.join(STATES)}.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most alerts shown.")] = LISTED_MAX,
    as_json: JsonOption = False,
) -> None:
    """List alerts with their evidence, those that wait for somebody first."""
    if state is not None and state not in STATES:
        raise ConfigurationError(f"state {state!r} is none of {', '.join(STATES)}")
    date = None if business_date is None else business_date.date()
    alerts = list_alerts(
        Instance.load().trade_dsn, business_date=date, rule=rule, state=state, row_limit=limit
    )
    if as_json:
        print_json({"count": len(alerts), "alerts": alerts})
        return
    names = ("alert_id", "business_date", "rule", "severity", "state")
    print_records(
        ("alert", "date", "rule", "severity", "state"),
        [([str(alert[name]) for name in names], describe(alert)) for alert in alerts],
        "no alerts",
    )


def describe(alert: dict[str, Any]) -> str:
    """Subject, evidence and the last decision, for a person."""
    evidence = ", ".join(f"{key} {_show(value)}" for key, value in alert["evidence"].items())
    lines = [f"{alert['subject_kind'].lower()} {alert['subject_id']}: {evidence}"]
    if alert["disposed_by"]:
        lines.append(f"{alert['disposed_by']}: {alert['disposition_reason']}")
    if alert["is_restated_since"]:
        lines.append("found with other values since then")
    if alert["withdrawn_reason"]:
        lines.append(f"withdrawn: {alert['withdrawn_reason']}")
    return "\n".join(clean_lines(lines))


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@group.command("show")
def show_command(alert_id: AlertId, as_json: JsonOption = False) -> None:
    """Show one alert: first and newest evidence, and everything that became of it."""
    alert = show_alert(Instance.load().trade_dsn, alert_id)
    if as_json:
        print_json(alert)
        return
    events = alert.pop("events")
    print_facts(alert, as_json=False)
    print_records(
        ("", "event", "from", "to", "who", "when"),
        [
            (
                [
                    str(event["sequence"]),
                    *(event[name] for name in ("event", "from_state", "to_state", "actor")),
                    show_instant(event["occurred_at"]),
                ],
                "\n".join(clean_lines([event["reason"]])),
            )
            for event in events
        ],
        "nothing became of it yet",
    )


@group.command("dispose")
def dispose_command(
    alert_id: AlertId,
    decision: Annotated[str, typer.Argument(help=f"One of: {', '.join(DECISIONS)}.")],
    by: Annotated[str, typer.Option("--by", help="Who decides.", metavar="PERSON")],
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")],
    as_json: JsonOption = False,
) -> None:
    """Decide about an alert. Who escalated it does not close it."""
    done = dispose_alert(Instance.load().trade_dsn, alert_id, decision, actor=by, reason=reason)
    print_facts(done, as_json=as_json)
