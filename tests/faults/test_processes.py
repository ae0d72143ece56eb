"""The capture's own process dies, hangs, or is there twice."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time

import psycopg
import pytest

from tests.faults.scene import Scene

# what a session of a capture does in the middle of its work
CLAIM = "the claim of the drain"
HOLDING = {
    CLAIM: "exists (select from pg_locks l where l.pid = a.pid"
    " and l.locktype = 'advisory' and l.granted) and a.xact_start is null",
    "a transaction": "a.xact_start is not null and a.backend_xid is not null",
}
SESSIONS = (
    "select count(*) from pg_stat_activity a where a.datname = current_database()"
    " and a.application_name like 'posttrade%%' and "
)
FREEZE_TIMEOUT_S = 60
# longer than a second drain waits for its turn, as in production
TIMEOUTS = {"idle_timeout_s": 7, "statement_timeout_s": 8}


def test_capture_is_killed(fault: Scene) -> None:
    """Kill -9 of the capture at any moment."""
    with fault.traffic(trades=1500, rate=300):
        for _ in fault.times(12):
            capture = fault.start_capture()
            fault.pause(0.1, 2.5)
            capture.kill()
    fault.capture_all()
    fault.check_books()


def test_two_captures_at_once(fault: Scene) -> None:
    """Two captures of the same topics at once, one or the other killed."""
    with fault.traffic(trades=1200, rate=400):
        captures = [fault.start_capture(), fault.start_capture()]
        for _ in fault.times(4):
            fault.pause(0.5, 2.0)
            victim = fault.random.randrange(2)
            captures[victim].kill()
            captures[victim] = fault.start_capture()
    for capture in captures:
        capture.finish()
    fault.check_books()


@pytest.mark.parametrize("held", HOLDING)
def test_stuck_capture(fault: Scene, held: str) -> None:
    """A capture hangs while it holds locks, and a second one is started."""
    for _ in fault.times(2):
        stuck = fault.start_capture(**TIMEOUTS)
        with fault.traffic(trades=400, rate=200):
            freeze_holding(fault, stuck.pid, HOLDING[held])
            second = fault.start_capture(**TIMEOUTS)
        second.finish()
        told = [error["text"] for error in second.errors()]
        assert held != CLAIM or any(" been at work for " in text for text in told), told
        stuck.signal(signal.SIGCONT)
        fault.send(trades=200)
        stuck.finish()
    fault.check_books()


def freeze_holding(fault: Scene, pid: int, condition: str) -> None:
    """Freeze a process in a moment at which one of its sessions holds something."""
    query = (SESSIONS + condition).encode()
    deadline = time.monotonic() + FREEZE_TIMEOUT_S
    with psycopg.connect(fault.dsn, autocommit=True) as observer:
        while time.monotonic() < deadline:
            os.kill(pid, signal.SIGSTOP)
            row = observer.execute(query).fetchone()
            if row is not None and row[0]:
                return
            os.kill(pid, signal.SIGCONT)
            fault.pause(0.001, 0.02)
    raise AssertionError(f"no session held it in {FREEZE_TIMEOUT_S} s: {condition}")


def test_clock_jumps(fault: Scene) -> None:
    """The machine's clock jumps by years, back and ahead."""
    shifts = [dt.timedelta(days=days) for days in (400, -400, 1, -7300)]
    with fault.traffic(trades=1000, rate=400):
        for number in fault.times(4):
            capture = fault.start_capture(clock_shift=shifts[number % len(shifts)])
            fault.pause(1.0, 3.0)
            capture.kill()
    fault.capture_all(clock_shift=-shifts[0])
    fault.check_books()
    with psycopg.connect(fault.dsn) as connection:
        row = connection.execute(
            "select min(received_on) = max(received_on) and min(received_on) >= current_date - 1"
            " from landing.messages"
        ).fetchone()
    assert row == (True,), "the date of receipt comes from the database"
