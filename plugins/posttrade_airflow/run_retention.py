"""Old runs of the continuous Dags are deleted: a run every few seconds would bury the page.

A listener in the scheduler, because that is the one place which both hears of finished runs and may
write Airflow's metadata; tasks may not, and must not be given an administrator's password for it.
What the runs did stays known: ``control.step_runs`` in the trade database keeps every step.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

DAG_IDS = ("trade_capture", "watch")
KEEP = {"success": dt.timedelta(days=2), "failed": dt.timedelta(days=14)}
PAUSE = dt.timedelta(minutes=5)
RUNS_PER_PASS_MAX = 2000

log = logging.getLogger(__name__)


class Passes:
    """When this process last tidied up."""

    newest = dt.datetime.min.replace(tzinfo=dt.timezone.utc)


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001
    """Delete old runs now and then; a failure here must not harm the scheduler."""
    now = dt.datetime.now(dt.timezone.utc)
    if dag_run.dag_id not in DAG_IDS or now - Passes.newest < PAUSE:
        return
    Passes.newest = now
    try:
        deleted = delete_old_runs(now)
    except Exception:  # the scheduler goes on; the next pass tries again
        log.exception("old runs of %s cannot be deleted", " and ".join(DAG_IDS))
    else:
        if deleted:
            log.info("%d old runs deleted", deleted)


def delete_old_runs(now: dt.datetime) -> int:
    """Delete runs, with their tasks, XComs and log files, that ended longer ago than is kept.

    Returns:
        How many runs; at most `RUNS_PER_PASS_MAX`, so that the scheduler is not held up.
    """
    from airflow.models.dagrun import DagRun
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import and_, delete, or_, select

    is_old = or_(
        *(and_(DagRun.state == state, DagRun.end_date < now - kept) for state, kept in KEEP.items())
    )
    with create_session(scoped=False) as session:
        rows = session.execute(
            select(DagRun.id, DagRun.dag_id, DagRun.run_id)
            .where(DagRun.dag_id.in_(DAG_IDS), is_old)
            .order_by(DagRun.end_date)
            .limit(RUNS_PER_PASS_MAX)
        ).all()
        for dag_id in DAG_IDS if rows else ():
            run_ids = [row.run_id for row in rows if row.dag_id == dag_id]
            session.execute(delete(Log).where(Log.dag_id == dag_id, Log.run_id.in_(run_ids)))
            session.execute(delete(DagRun).where(DagRun.id.in_([row.id for row in rows])))
    for row in rows:
        delete_log_files(row.dag_id, row.run_id)
    return len(rows)


def delete_log_files(dag_id: str, run_id: str) -> None:
    """Remove the task logs of one run."""
    from airflow.configuration import conf

    folder = Path(conf.get("logging", "base_log_folder")) / f"dag_id={dag_id}" / f"run_id={run_id}"
    shutil.rmtree(folder, ignore_errors=True)
