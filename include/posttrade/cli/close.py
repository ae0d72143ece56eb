"""``posttrade close DATE``: runs ``end_of_day`` for a date in the running Airflow, to its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from posttrade.cli.day_run import DayRun, Report
from posttrade.cli.output import JsonOption, print_facts, say
from posttrade.errors import GateFailed
from posttrade.instance import Instance

DAG_ID = "end_of_day"
# without these the date is closed and its report stands
DISPENSABLE_TASKS = frozenset({"mail_reports", "build_data_docs"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close")(close)


def close(
    date: Annotated[
        dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="Business date, YYYY-MM-DD")
    ],
    force: Annotated[
        bool,
        typer.Option("--force", help="Also a date in the future, or one of which nothing came."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Close a business date: reconcile it, make its report, mail it. May be repeated.

    A holiday or an empty day is closed with --force.
    """
    if not force:
        refuse_unlikely_date(Instance.load(), date.date())
    result = close_business_date(Instance.load(), date.date(), say)
    print_facts(result, as_json=as_json)


def refuse_unlikely_date(instance: Instance, business_date: dt.date) -> None:
    """Stop before a date is closed that nobody can have meant; tell what is unusual.

    Raises:
        ConfigurationError: the date is in the future, or nothing came for it.
    """
    from posttrade.close_request import check_date

    if remark := check_date(instance.trade_dsn, instance.kafka_config, business_date):
        say(f"note: {remark}")


def close_business_date(
    instance: Instance,
    business_date: dt.date,
    report: Report,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run ``end_of_day`` for a date and wait for its end.

    Args:
        instance: a running one.
        business_date: any date, weekends too.
        report: called with a line for each task that ends.
        options: further parameters of the Dag.

    Returns:
        The summary of the close; ``planted`` too when the date was simulated.

    Raises:
        GateFailed: a task failed; the message says which, why, and where to look.
        ConfigurationError: the Dag is paused or unknown.
        Unavailable: Airflow does not answer or does not come to an end.
    """
    run = DayRun(instance, DAG_ID, business_date, options)
    report(f"closing {business_date}: {run.page}")
    for task in run.await_end(report):
        message = run.describe_failure(task)
        if task["task_id"] not in DISPENSABLE_TASKS:
            raise GateFailed(f"{business_date} is not closed: {message}")
        report(f"{business_date} is closed, but {message}")
    return read_summary(instance, business_date)


def read_summary(instance: Instance, business_date: dt.date) -> dict[str, Any]:
    """What the close found, what to close again, and what was planted if it was simulated."""
    from posttrade.reports.summary import close_summary, list_outdated
    from posttrade.simulator.truth import read_planted

    summary = dict(close_summary(instance.trade_dsn, business_date, instance.reports_dir))
    summary["close_again"] = list_outdated(instance.trade_dsn)
    planted = read_planted(instance.home / "truth", business_date)
    if planted is not None:
        summary["planted"] = planted
    return summary
