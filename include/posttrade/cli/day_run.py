"""One business date's run of a Dag in the running Airflow, from its start to its end."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from posttrade.airflow_api import AirflowApi, NotFound
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import Instance

ADMINISTRATOR = "admin"
POLL_S = 0.5
DAG_WAIT_S = 120.0  # a fresh instance has to read its Dags first
TIMEOUT_S = 4 * 3600.0
SAID_NOTHING = "its process ended without saying why"
DONE = ("success", "failed", "skipped", "upstream_failed", "removed")

Report = Callable[[str], None]


class DayRun:
    """A run that was started and can be waited for.

    Args:
        instance: a running one.
        dag_id: a Dag whose runs are partitioned by business date.
        business_date: the date that it works on.
        options: further parameters of the Dag.

    Raises:
        ConfigurationError: the Dag is paused or unknown.
        Unavailable: Airflow does not answer.
    """

    def __init__(
        self,
        instance: Instance,
        dag_id: str,
        business_date: dt.date,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._instance = instance
        self._dag_id = dag_id
        self._api = AirflowApi(
            instance.airflow_url, ADMINISTRATOR, instance.secrets["airflow_admin"]
        )
        refuse_paused_dag(self._api, dag_id)
        day = business_date.isoformat()
        conf = {"business_date": day, **(options or {})}
        body = {"logical_date": None, "partition_key": day, "conf": conf}
        run = self._api.post("dags", dag_id, "dagRuns", body=body)
        self.run_id = str(run["dag_run_id"])

    @property
    def page(self) -> str:
        """Where Airflow shows it."""
        return f"{self._instance.airflow_url}/dags/{self._dag_id}/runs/{self.run_id}"

    def await_end(self, report: Report) -> list[dict[str, Any]]:
        """Wait until the run ends, telling each task; gives the tasks that failed.

        Raises:
            Unavailable: Airflow does not answer, or the run does not come to an end.
        """
        path = ("dags", self._dag_id, "dagRuns", self.run_id)
        deadline = time.monotonic() + TIMEOUT_S
        told: dict[str, str] = {}
        while True:
            run = self._api.get(*path)
            tasks = self._api.get(*path, "taskInstances")["task_instances"]
            for task in sorted(tasks, key=lambda task: task["end_date"] or "9"):
                self.tell_change(task, told, report)
            if run["state"] in DONE:
                return [task for task in tasks if task["state"] == "failed"]
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"run {self.run_id} of {self._dag_id} has not ended in {TIMEOUT_S:g} s"
                )
            time.sleep(POLL_S)

    def tell_change(self, task: Mapping[str, Any], told: dict[str, str], report: Report) -> None:
        """Report a task that ended, or that has to be tried again."""
        name, state = task["task_id"], task["state"]
        if told.get(name) == state:
            return
        told[name] = state
        if state == "success":
            counts = self._read_xcom(name, "counts") or {}
            described = ", ".join(f"{key} {value}" for key, value in counts.items())
            report(f"  {name}: {task['duration'] or 0:.1f} s  {described}".rstrip())
        elif state == "up_for_retry":
            reason = self._read_xcom(name, "error") or SAID_NOTHING
            report(f"  {name}: tried again soon: {reason}")
        elif state == "failed":
            report(f"  {name}: failed")

    def describe_failure(self, task: Mapping[str, Any]) -> str:
        """Which task failed, why, and where to look."""
        name = task["task_id"]
        reason = self._read_xcom(name, "error") or SAID_NOTHING
        folder = Path(
            "airflow", f"dag_id={self._dag_id}", f"run_id={self.run_id}", f"task_id={name}"
        )
        log = self._instance.logs_dir / folder / f"attempt={task['try_number']}.log"
        return f"task {name} failed: {reason}\nits log: {log}\nits page: {self.page}/tasks/{name}"

    def _read_xcom(self, task_id: str, key: str) -> Any:
        """What a task left beside itself, or None."""
        run = ("dags", self._dag_id, "dagRuns", self.run_id)
        try:
            return self._api.get(*run, "taskInstances", task_id, "xcomEntries", key)["value"]
        except NotFound:
            return None


def refuse_paused_dag(api: AirflowApi, dag_id: str) -> None:
    """See that the Dag is there and not paused; a fresh instance is given time to read it."""
    deadline = time.monotonic() + DAG_WAIT_S
    while True:
        try:
            dag = api.get("dags", dag_id)
            break
        except NotFound as error:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Airflow does not know the Dag {dag_id}: see `./posttrade logs`"
                ) from error
            time.sleep(POLL_S)
    if dag["is_paused"]:
        raise ConfigurationError(
            f"the Dag {dag_id} is paused: switch it on in Airflow, then repeat"
        )
