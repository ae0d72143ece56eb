"""``posttrade close DATE``: runs ``end_of_day`` for a date in the running Airflow, to its end."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from posttrade.airflow_api import AirflowApi, NotFound
from posttrade.cli.output import JsonOption, print_facts, progress
from posttrade.errors import ConfigurationError, GateFailed, Unavailable
from posttrade.instance import Instance

DAG_ID = "end_of_day"
ADMINISTRATOR = "admin"
POLL_S = 0.5
DAG_WAIT_S = 120.0  # a fresh instance has to read its Dags first
CLOSE_TIMEOUT_S = 4 * 3600.0
SAID_NOTHING = "its process ended without saying why"
DONE = ("success", "failed", "skipped", "upstream_failed", "removed")
# without these the date is closed and its report stands
DISPENSABLE_TASKS = frozenset({"mail_reports", "build_data_docs"})

Report = Callable[[str], None]


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


def say(line: str) -> None:
    """Progress goes to standard error."""
    progress.print(line, markup=False, soft_wrap=True)


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
    api = AirflowApi(instance.airflow_url, ADMINISTRATOR, instance.secrets["airflow_admin"])
    refuse_paused_dag(api)
    run_id = trigger_run(api, business_date, options or {})
    report(f"closing {business_date}: {instance.airflow_url}/dags/{DAG_ID}/runs/{run_id}")
    failed = await_run(api, run_id, report)
    for task in failed:
        message = describe_failure(api, instance, run_id, task)
        if task["task_id"] not in DISPENSABLE_TASKS:
            raise GateFailed(f"{business_date} is not closed: {message}")
        report(f"{business_date} is closed, but {message}")
    return read_summary(instance, business_date)


def refuse_paused_dag(api: AirflowApi) -> None:
    """See that the Dag is there and not paused; a fresh instance is given time to read it."""
    deadline = time.monotonic() + DAG_WAIT_S
    while True:
        try:
            dag = api.get("dags", DAG_ID)
            break
        except NotFound as error:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Airflow does not know the Dag {DAG_ID}: see `./posttrade logs`"
                ) from error
            time.sleep(POLL_S)
    if dag["is_paused"]:
        raise ConfigurationError(
            f"the Dag {DAG_ID} is paused: switch it on in Airflow, then repeat"
        )


def trigger_run(api: AirflowApi, business_date: dt.date, options: Mapping[str, Any]) -> str:
    """Start a run for the date; gives its id."""
    day = business_date.isoformat()
    body = {"logical_date": None, "partition_key": day, "conf": {"business_date": day, **options}}
    run = api.post("dags", DAG_ID, "dagRuns", body=body)
    return str(run["dag_run_id"])


def await_run(api: AirflowApi, run_id: str, report: Report) -> list[dict[str, Any]]:
    """Wait until the run ends, telling each task; gives the tasks that failed."""
    deadline = time.monotonic() + CLOSE_TIMEOUT_S
    told: dict[str, str] = {}
    while True:
        run = api.get("dags", DAG_ID, "dagRuns", run_id)
        tasks = api.get("dags", DAG_ID, "dagRuns", run_id, "taskInstances")["task_instances"]
        for task in sorted(tasks, key=lambda task: task["end_date"] or "9"):
            tell_change(api, run_id, task, told, report)
        if run["state"] in DONE:
            return [task for task in tasks if task["state"] == "failed"]
        if time.monotonic() > deadline:
            raise Unavailable(f"run {run_id} of {DAG_ID} has not ended in {CLOSE_TIMEOUT_S:g} s")
        time.sleep(POLL_S)


def tell_change(
    api: AirflowApi, run_id: str, task: Mapping[str, Any], told: dict[str, str], report: Report
) -> None:
    """Report a task that ended, or that has to be tried again."""
    name, state = task["task_id"], task["state"]
    if told.get(name) == state:
        return
    told[name] = state
    if state == "success":
        counts = read_xcom(api, run_id, name, "counts") or {}
        described = ", ".join(f"{key} {value}" for key, value in counts.items())
        report(f"  {name}: {task['duration'] or 0:.1f} s  {described}".rstrip())
    elif state == "up_for_retry":
        reason = read_xcom(api, run_id, name, "error") or SAID_NOTHING
        report(f"  {name}: tried again soon: {reason}")
    elif state == "failed":
        report(f"  {name}: failed")


def read_xcom(api: AirflowApi, run_id: str, task_id: str, key: str) -> Any:
    """What a task left beside itself, or None."""
    path = ("dags", DAG_ID, "dagRuns", run_id, "taskInstances", task_id, "xcomEntries", key)
    try:
        return api.get(*path)["value"]
    except NotFound:
        return None


def describe_failure(
    api: AirflowApi, instance: Instance, run_id: str, task: Mapping[str, Any]
) -> str:
    """Which task failed, why, and where to look."""
    name = task["task_id"]
    reason = read_xcom(api, run_id, name, "error") or SAID_NOTHING
    folder = Path("airflow", f"dag_id={DAG_ID}", f"run_id={run_id}", f"task_id={name}")
    log = instance.logs_dir / folder / f"attempt={task['try_number']}.log"
    return (
        f"task {name} failed: {reason}\n"
        f"its log: {log}\n"
        f"its page: {instance.airflow_url}/dags/{DAG_ID}/runs/{run_id}/tasks/{name}"
    )


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
