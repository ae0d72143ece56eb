"""A whole running instance that things happen to, and the count at the end."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import psycopg

from posttrade.airflow_api import AirflowApi
from posttrade.backlog import is_capture_idle, read_watermarks
from posttrade.embedded import restarts, supervisor
from posttrade.embedded.airflow import ADMINISTRATOR, SCHEDULER
from posttrade.embedded.state import describe_services
from posttrade.errors import ConfigurationError, PostTradeError
from posttrade.feeds import FEEDS
from posttrade.instance import REPOSITORY, Instance
from posttrade.simulator import SimulationOptions
from tests.conftest import wait_until
from tests.faults.books import Findings, count_books
from tests.faults.scene import Scene

CAPTURE = "trade_capture"
COMMAND_TIMEOUT_S = 420
FIND_TIMEOUT_S = 120
ID_LENGTH_MIN = 24  # by then it is the only one
SETTLE_TIMEOUT_S = 300  # a killed task is seen after 60 s, and tried again after a pause
POLL_S = 0.2


@dataclasses.dataclass
class Platform:
    """The command line and the processes of one instance."""

    home: Path

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``posttrade ARGUMENTS``."""
        done = subprocess.run(
            [sys.executable, "-m", "posttrade", "--home", str(self.home), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY}/include:{REPOSITORY}/plugins"},
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done

    @property
    def instance(self) -> Instance:
        return Instance.load(self.home)

    @property
    def api(self) -> AirflowApi:
        instance = self.instance
        return AirflowApi(instance.airflow_url, ADMINISTRATOR, instance.secrets["airflow_admin"])

    def service(self, name: str) -> psutil.Process:
        """The living process of a service, awaited while it is being started again.

        One that was killed often already is first left to live for a while: its supervisor would
        give it up, as it has to.
        """
        found: list[psutil.Process] = []

        def look() -> bool:
            process = supervisor.find_process(self.instance, name)
            case = restarts.read_cases(self.instance).get(name, restarts.Case())
            is_patient = case.deaths < restarts.DEATHS_MAX - 2
            if process and (is_patient or time.time() - process.create_time() > restarts.STEADY_S):
                found.append(process)
            return bool(found)

        wait_until(look, FIND_TIMEOUT_S)
        return found[-1]

    def await_services(self) -> None:
        """Wait until everything runs, and nothing is given up."""

        def is_whole() -> bool:
            services = describe_services(self.instance)
            assert not any(facts.get("given_up") for facts in services.values()), services
            return all(facts["running"] for facts in services.values())

        wait_until(is_whole, FIND_TIMEOUT_S)

    def find_running_task(self) -> tuple[dict[str, Any], psutil.Process]:
        """A task of the capture at work: what Airflow says of it, and the worker that has it."""
        found: list[tuple[dict[str, Any], psutil.Process]] = []

        def look() -> bool:
            scheduler = supervisor.find_process(self.instance, SCHEDULER)
            if scheduler is None:
                return False
            for task in self._list_running_tasks():
                found.extend(
                    (task, worker)
                    for worker in scheduler.children()
                    if has_task(worker, task["id"]) and worker.children()
                )
            return bool(found)

        def look_on() -> bool:
            try:
                return look()
            except (PostTradeError, psutil.Error):
                return False

        wait_until(look_on, FIND_TIMEOUT_S)
        return found[-1]

    def _list_running_tasks(self) -> list[dict[str, Any]]:
        return self.list_tasks(state=["running"])

    def list_tasks(self, **wanted: Any) -> list[dict[str, Any]]:
        """What Airflow says of tasks of the capture.

        Args:
            wanted: which ones, as Airflow's interface has it.
        """
        wanted = {"dag_ids": [CAPTURE], **wanted}
        path = ("dags", "~", "dagRuns", "~", "taskInstances", "list")
        tasks: list[dict[str, Any]] = self.api.post(*path, body=wanted)["task_instances"]
        return tasks


def has_task(worker: psutil.Process, task_instance_id: str) -> bool:
    """Whether a worker's title names a task; a title is cut off where the command's own ended."""
    named = " ".join(worker.cmdline()).split()
    return (
        bool(named) and len(named[-1]) >= ID_LENGTH_MIN and task_instance_id.startswith(named[-1])
    )


@dataclasses.dataclass
class PlatformScene(Scene):
    """A fault's part of the day of a running instance; what was sent before counts too."""

    platform: Platform = None  # type: ignore[assignment]

    @classmethod
    def of_platform(cls, platform: Platform, **facts: Any) -> PlatformScene:
        """A scene in a running instance, whose books go on."""
        instance = platform.instance
        servers: Any = {
            "kafka": SimpleNamespace(config=instance.kafka_config, lay_topics=lambda: None),
            "postgres": SimpleNamespace(create_database=lambda *_: instance.trade_dsn),
        }
        return cls(platform=platform, **servers, **facts)

    def await_end(self) -> Findings:
        """Wait until all is drained, worked on and announced; what is missing then is lost."""
        self.platform.await_services()
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        findings = Findings()
        while time.monotonic() < deadline:
            try:
                if is_capture_idle(self.dsn, read_watermarks(self.kafka.config)):
                    findings = count_books(self.dsn, self.kafka.config, FEEDS)
                    if not findings.describe():
                        return findings
            except (ConfigurationError, PostTradeError, psycopg.OperationalError):
                pass  # still on its way up
            time.sleep(POLL_S * 5)
        findings.wrong["capture did not come to its end"] += not findings.describe()
        return findings

    def check(self) -> None:
        """Count the books, without a close, and require that everything is there once."""
        findings = self.await_end()
        self.row.lost += findings.lost.total()
        self.row.doubled += findings.doubled.total()
        assert not findings.describe(), findings.describe() + self.describe_state()

    def describe_state(self) -> str:
        """What the instance says of itself, for a test that failed."""
        told = self.platform.run("status", check=False).stdout
        path = self.platform.home / "logs" / "supervisor.log"
        return f"\n{told[:3000]}\n{path.read_text(encoding='utf-8')[-3000:]}"

    def close(self, *dates: dt.date) -> None:
        """Close the business date through Airflow, and what else came as a process."""
        told = self.platform.run("close", self.business_date.isoformat(), "--json")
        assert json.loads(told.stdout.splitlines()[-1])["business_date"] == str(self.business_date)
        others = self.ask(
            "select distinct business_date from control.received_counts"
            " where business_date <> %s order by 1",
            self.business_date,
        )
        if others:
            super().close(*(date for (date,) in others))

    def _make_options(
        self, trades: int, rate: int | None, changes: Mapping[str, str]
    ) -> SimulationOptions:
        options = super()._make_options(trades, rate, changes)
        return dataclasses.replace(options, seed=next(SEEDS))


def count_up() -> Iterable[int]:
    number = 1
    while True:
        yield number
        number += 1


SEEDS = iter(count_up())
