"""Airflow's own old rows are removed when ``housekeeping`` has ended well.

A listener in the scheduler, for the same reason as `run_retention`: tasks cannot reach Airflow's
metadata. How long to keep is what the Dag's task read from the retention policy.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

DAG_ID = "housekeeping"
TASK_ID = "remove_expired"
FACT = "airflow_keep_days"
BATCH_ROWS = 5_000
# without the audit log, which says who did what, and without Dags and their versions
TABLES = [
    "dag_run",
    "task_instance",
    "task_instance_history",
    "task_reschedule",
    "xcom",
    "job",
    "trigger",
    "callback",
    "deadline",
    "asset_event",
    "import_error",
]
log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001
    """Begin in a thread of its own: the scheduler must not wait for it."""
    if dag_run.dag_id == DAG_ID:
        threading.Thread(
            target=clean_up, args=(dag_run.run_id,), name="metadata retention", daemon=True
        ).start()


def clean_up(run_id: str) -> None:
    """Remove what is older than the policy keeps; a failure must not harm the scheduler."""
    try:
        keep_days = read_keep_days(run_id)
        if keep_days:
            delete_metadata(dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=keep_days))
    except Exception:  # the next day's run tries again
        log.exception("Airflow's old metadata cannot be removed")


def read_keep_days(run_id: str) -> int | None:
    """What the task read from the policy; None when there is none: then all is kept."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        value: Any = session.scalars(
            XComModel.get_many(
                run_id=run_id, key="return_value", dag_ids=DAG_ID, task_ids=TASK_ID
            ).with_only_columns(XComModel.value)
        ).first()
    result = json.loads(value) if isinstance(value, str) else value
    keep_days = result.get(FACT) if isinstance(result, dict) else None
    return keep_days if type(keep_days) is int and keep_days > 0 else None


def delete_metadata(before: dt.datetime) -> None:
    """Remove rows that ended before an instant; the newest scheduled run of each Dag stays."""
    import pendulum
    from airflow.utils.db_cleanup import run_cleanup
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        run_cleanup(
            clean_before_timestamp=pendulum.instance(before),
            table_names=TABLES,
            confirm=False,
            skip_archive=True,
            batch_size=BATCH_ROWS,
            session=session,
        )
    log.info("Airflow's metadata from before %s removed", before.isoformat())
