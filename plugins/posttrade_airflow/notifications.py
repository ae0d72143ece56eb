"""What is said when a task has failed for good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context

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
