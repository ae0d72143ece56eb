"""``posttrade settle DATE``: runs ``settlement_cycle`` for a date in the running Airflow."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from posttrade.cli.day_run import DayRun, Report
from posttrade.cli.output import JsonOption, print_facts, say
from posttrade.errors import GateFailed
from posttrade.instance import Instance

DAG_ID = "settlement_cycle"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settle")(settle)


def settle(
    date: Annotated[
        dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="Settlement date, YYYY-MM-DD")
    ],
    force: Annotated[
        bool,
        typer.Option("--force", help="Also a date in the future, or out of its turn."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Settle what is due on a date, and what failed before it. May be repeated.

    Dates come one after the other; settle each before it is closed: its report tells what settled.
    """
    result = settle_date(Instance.load(), date.date(), say, is_forced=force)
    print_facts(result, as_json=as_json)


def settle_date(
    instance: Instance, business_date: dt.date, report: Report, *, is_forced: bool = False
) -> dict[str, Any]:
    """Run ``settlement_cycle`` for a date and wait for its end.

    Args:
        instance: a running one.
        business_date: the settlement date.
        report: called with a line for each task that ends.
        is_forced: also a date in the future, or out of its turn.

    Returns:
        ``business_date``; ``instructions``: those due on it, by state, and ``settled_late``: those
        of earlier dates that settled on it.

    Raises:
        GateFailed: a task failed; the message says which, why, and where to look.
        ConfigurationError: the Dag is paused or unknown.
        Unavailable: Airflow does not answer or does not come to an end.
    """
    options = {"force": True} if is_forced else None
    run = DayRun(instance, DAG_ID, business_date, options)
    report(f"settling {business_date}: {run.page}")
    for task in run.await_end(report):
        raise GateFailed(f"{business_date} is not settled: {run.describe_failure(task)}")
    return {
        "business_date": business_date.isoformat(),
        "instructions": count_states(instance.trade_dsn, business_date),
    }


def count_states(dsn: str, business_date: dt.date) -> dict[str, int]:
    """Instructions of a settlement date by state.

    Raises:
        Unavailable: the database does not answer.
    """
    from posttrade.database import connect
    from posttrade.statements import read_statement

    with connect(dsn) as connection:
        rows = connection.execute(
            read_statement("settlement/count_states"), {"business_date": business_date}
        )
        return {state: int(count) for state, count in rows}
