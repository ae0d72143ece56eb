"""What the scheduler prepares for its workers, and that no other process does."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from posttrade.instance import REPOSITORY

SHOW = """
import sys
sys.argv[1:] = {words!r}
import airflow_local_settings
print(sorted(m for m in ("great_expectations", "pandas", "airflow.sdk") if m in sys.modules))
"""


def run_python(code: str, timeout_s: int = 120) -> str:
    path = os.pathsep.join(str(REPOSITORY / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=timeout_s,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("command", ["dag-processor", "api-server", "triggerer", "tasks"])
def test_processes_that_run_no_tasks_stay_small(command: str) -> None:
    assert run_python(SHOW.format(words=[command])) == "[]"


def test_the_scheduler_has_the_slow_libraries_for_its_workers() -> None:
    found = run_python(SHOW.format(words=["scheduler"]))
    assert found == "['airflow.sdk', 'great_expectations', 'pandas']"


def test_an_end_missed_by_a_moment_is_noticed_soon() -> None:
    """A worker whose task's pipes are closed while the process still lives for a moment."""
    code = """
import subprocess, sys, time, selectors, psutil, structlog
from airflow.sdk.execution_time.supervisor import PsutilTracker, WatchedSubprocess
import airflow_local_settings
airflow_local_settings.notice_exits_promptly()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
class Watched(WatchedSubprocess):
    pass
worker = WatchedSubprocess.__new__(WatchedSubprocess)
worker.selector = selectors.DefaultSelector()
worker._open_sockets = {}
worker._exit_code = None
worker._process = psutil.Process(child.pid)
worker._process.TimeoutExpired = psutil.TimeoutExpired
started = time.monotonic()
while worker._service_subprocess(5.0) is None:
    pass
print(time.monotonic() - started)
"""
    started = time.monotonic()
    assert float(run_python(code)) < 3.0
    assert time.monotonic() - started < 60
