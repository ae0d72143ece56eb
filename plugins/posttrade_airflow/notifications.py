"""What is said, and to whom, when a task has failed for good."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

CLOSE_DAG = "end_of_day"
CAPTURE_DAG = "trade_capture"
log = logging.getLogger(__name__)


def log_failure(context: Context) -> None:
    """Say in one place which task of which date failed, why, and how to go on."""
    task = context["ti"]
    run = context["dag_run"]
    date = getattr(run, "partition_key", None) or (context.get("params") or {}).get("business_date")
    log.error(
        "%s.%s failed%s (run %s): %s. When the cause is removed, clear this task: it and what "
        "follows run again and leave the same rows.",
        task.dag_id,
        task.task_id,
        f" for {date}" if date else "",
        run.run_id,
        context.get("exception"),
    )
    if not is_alerted_otherwise(task.dag_id, context.get("exception")):
        try:
            record_failure(context, date)
        except Exception:  # a callback that fails changes nothing about the task
            log.exception("the failure of %s.%s cannot be alerted", task.dag_id, task.task_id)


def is_alerted_otherwise(dag_id: str, error: object) -> bool:
    """A gate that stopped a batch is alerted by the batch, once, however often the gate says so."""
    return dag_id == CAPTURE_DAG and "GateFailed" in str(error)


def record_failure(context: Context, date: str | None) -> None:
    """Note the failure for the watch to alert."""
    from posttrade.alerts.findings import record_finding
    from posttrade_airflow.python_step import read_dsn

    task, run = context["ti"], context["dag_run"]
    record_finding(
        read_dsn(),
        kind="close_failed" if task.dag_id == CLOSE_DAG else "task_failed",
        finding_key=f"{task.dag_id}/{run.run_id}/{task.task_id}/{task.try_number}",
        summary=f"{task.dag_id}.{task.task_id}{f' for {date}' if date else ''} failed: "
        f"{context.get('exception')}",
        next_step="remove the cause, then clear the task in Airflow: it and what follows run again",
        business_date=dt.date.fromisoformat(date) if date else None,
    )
