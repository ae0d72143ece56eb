"""PostgreSQL goes away under the capture, and comes back."""

from __future__ import annotations

import os
import signal
import time

from tests.faults.scene import Scene

COPYING = "select pid from pg_stat_progress_copy where relid = 'landing.message_blocks'::regclass"
COPY_TIMEOUT_S = 30


def test_postmaster_is_killed(fault: Scene) -> None:
    """Kill -9 of PostgreSQL, and its restart."""
    with fault.traffic(trades=1200, rate=300):
        capture = fault.start_capture()
        for _ in fault.times(4):
            fault.pause(0.5, 2.5)
            fault.postgres.kill()
            fault.pause(0.0, 2.0)
            fault.postgres.start()
    capture.finish()
    fault.check_books()


def test_backend_is_killed(fault: Scene) -> None:
    """Kill -9 of one session's process, after which PostgreSQL restarts itself."""
    with fault.traffic(trades=1000, rate=300):
        capture = fault.start_capture()
        for _ in fault.times(5):
            deadline = time.monotonic() + 10
            fault.pause(0.3, 2.0)
            while not fault.postgres.kill_backend():
                assert time.monotonic() < deadline, "no session of the capture was there"
    capture.finish()
    fault.check_books()


def test_orderly_restart_amid_copy(fault: Scene) -> None:
    """PostgreSQL is restarted in orderly fashion in the middle of a COPY."""
    for _ in fault.times(3):
        fault.send(trades=1200)
        capture = fault.start_capture()
        freeze_amid_copy(fault, capture.pid)
        fault.postgres.stop_orderly()
        fault.pause(0.0, 0.5)
        fault.postgres.start()
        capture.signal(signal.SIGCONT)
        capture.finish()
        assert {error["kind"] for error in capture.errors()} == {"Unavailable"}
    fault.check_books()


def freeze_amid_copy(fault: Scene, pid: int) -> None:
    """Freeze a capture while the server waits for the rest of its rows."""
    deadline = time.monotonic() + COPY_TIMEOUT_S
    while time.monotonic() < deadline:
        if fault.ask(COPYING):
            os.kill(pid, signal.SIGSTOP)
            if fault.ask(COPYING):
                return
            os.kill(pid, signal.SIGCONT)
    raise AssertionError("no COPY was seen")
