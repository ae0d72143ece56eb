"""A task that hangs inside a library is ended all the same, and says where it was."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from posttrade.instance import REPOSITORY

HANG = """
import ctypes, datetime as dt, signal, sys
from posttrade_airflow.overdue import ended_when_overdue

def raise_timeout(*_):
    raise TimeoutError("the orderly way")

signal.signal(signal.SIGALRM, raise_timeout)  # as Airflow does
signal.setitimer(signal.ITIMER_REAL, 0.2)
library = ctypes.PyDLL(None)  # its calls keep the interpreter locked
blocked = (ctypes.c_ulong * 16)(*[2**64 - 1] * 16)
library.sigprocmask(signal.SIG_SETMASK, blocked, None)  # no signal ends the call
with ended_when_overdue(dt.timedelta(seconds=0.2), grace=dt.timedelta(seconds=0.5)):
    library.sleep(3600)
"""
ORDERLY = """
import datetime as dt, time
from posttrade_airflow.overdue import ended_when_overdue

with ended_when_overdue(dt.timedelta(seconds=0.1), grace=dt.timedelta(0.1)):
    pass
with ended_when_overdue(None):
    time.sleep(0.5)
print("done")
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}/include:{REPOSITORY}/plugins"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_process_that_hangs_in_a_library_is_ended() -> None:
    started = time.monotonic()
    done = run_python(HANG)
    assert time.monotonic() - started < 40
    assert done.returncode == 1
    assert "Timeout (" in done.stderr
    assert "<module>" in done.stderr  # where it stood


def test_one_that_ends_in_time_is_left_alone() -> None:
    done = run_python(ORDERLY)
    assert (done.returncode, done.stdout) == (0, "done\n")
