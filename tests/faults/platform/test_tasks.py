"""Runs and tasks of the capture are killed, cleared and stopped under traffic."""

from __future__ import annotations

import signal
from typing import Any

import psutil

from posttrade.errors import PostTradeError
from tests.conftest import wait_until
from tests.faults.platform.running import CAPTURE, PlatformScene

TRADES, RATE = 200, 60  # about 11 s of messages: for every injection, so that tasks are at work
STUCK_TIMEOUT_S = 240


def test_task_process_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of a task's process."""
    for _ in fault.times(3):
        with fault.traffic(TRADES, rate=RATE):
            fault.pause(0.5, 4)
            _, worker = fault.platform.find_running_task()
            for process in worker.children():
                process.kill()
    fault.check()


def test_worker_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the LocalExecutor's worker that has a task."""
    for _ in fault.times(1):
        with fault.traffic(TRADES, rate=RATE):
            fault.pause(0.5, 4)
            _, worker = fault.platform.find_running_task()
            worker.kill()
    fault.check()


def test_run_is_cleared_while_it_runs(fault: PlatformScene) -> None:
    """The same run is cleared while it runs."""
    for _ in fault.times(3):
        with fault.traffic(TRADES, rate=RATE):
            fault.pause(0.5, 4)
            clear(fault)
    fault.check()


def test_task_hangs_and_is_cleared(fault: PlatformScene) -> None:
    """A task's process hangs, and a person clears it."""
    for _ in fault.times(1):
        with fault.traffic(TRADES, rate=RATE):
            fault.pause(0.5, 3)
            _, worker = fault.platform.find_running_task()
            stuck = worker.children()
            for process in stuck:
                process.send_signal(signal.SIGSTOP)
            fault.pause(3, 6)
            clear(fault)
    fault.check()
    assert not any(is_stopped(process) for process in stuck)


def test_worker_hangs(fault: PlatformScene) -> None:
    """A worker hangs with its task: its heartbeat is missed, and a second try is started."""
    for _ in fault.times(1):
        with fault.traffic(TRADES, rate=RATE):
            fault.pause(0.5, 3)
            task, worker = fault.platform.find_running_task()
            stuck = [worker, *worker.children()]
            for process in stuck:
                process.send_signal(signal.SIGSTOP)
            await_second_try(fault, task)
            for process in stuck:  # it wakes up, and must not go on
                if process.is_running():
                    process.send_signal(signal.SIGCONT)
    fault.check()


def clear(fault: PlatformScene) -> None:
    """Clear the run that works now, as a person does on Airflow's page."""
    task, _ = fault.platform.find_running_task()
    body = {
        "dry_run": False,
        "only_failed": False,
        "dag_run_id": task["dag_run_id"],
        "reset_dag_runs": True,
    }
    fault.platform.api.post("dags", CAPTURE, "clearTaskInstances", body=body)


def await_second_try(fault: PlatformScene, task: dict[str, Any]) -> None:
    """Wait until Airflow has given the task up as it was; its second try may be over by then."""

    def is_given_up() -> bool:
        try:
            tries = fault.platform.list_tasks(
                dag_run_ids=[task["dag_run_id"]], task_ids=[task["task_id"]]
            )
        except PostTradeError:
            return False
        return task["id"] not in [each["id"] for each in tries if each["state"] == "running"]

    wait_until(is_given_up, STUCK_TIMEOUT_S)


def is_stopped(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False
