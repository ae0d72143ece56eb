"""The processes of an instance, recognised wherever they are.

Every process carries the instance's name in its environment. One is only ever ended after it was
recognised by that mark, or by the working folder that only the instance's database uses: a recycled
process id is never hit.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from posttrade.instance import MARKER_VARIABLE, Instance

KILL_GRACE_S = 5.0


def find_members(instance: Instance) -> Iterator[psutil.Process]:
    """Every living process of the instance."""
    for process in psutil.process_iter():
        if is_alive(process) and is_member(instance, process):
            yield process


def is_member(instance: Instance, process: psutil.Process) -> bool:
    """Whether a process belongs to the instance: by its environment, or by its working folder.

    The database overwrites its environment with the title it shows, but works in its data folder.
    """
    with contextlib.suppress(psutil.Error, OSError):
        if process.environ().get(MARKER_VARIABLE) == instance.name:
            return True
    with contextlib.suppress(psutil.Error, OSError):
        return Path(process.cwd()) == instance.home / "postgres" / "data"
    return False


def session_members(leader: int) -> list[psutil.Process]:
    """Living processes of the session that a service leads."""
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if process.pid != leader and os.getsid(process.pid) == leader:
                members.append(process)
    return members


def left_behind(leader: int, since: float) -> list[psutil.Process]:
    """Living processes of a session whose leader is gone.

    They are found by the session alone, because a process may hide its environment from its own
    user, as Airflow's workers do. The system gives the leader's number to nobody else while its
    session lives: a living process of that number is a stranger's, and so is the session then.

    Args:
        leader: process id of the service that led the session.
        since: when it was started, in seconds since 1970.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        if is_alive(psutil.Process(leader)):
            return []
    members = []
    for process in session_members(leader):
        with contextlib.suppress(psutil.Error):
            is_ours = os.getuid() in (0, process.uids().real)
            if is_ours and process.create_time() >= since - 1 and is_alive(process):
                members.append(process)
    return members


def is_alive(process: psutil.Process) -> bool:
    """Whether the process still runs; one that ended and waits to be collected does not."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_below(process: psutil.Process, known: set[int]) -> bool:
    """Whether a process is one of those known, or was started by one, near or far."""
    with contextlib.suppress(psutil.Error, OSError):
        line = {process.pid, os.getsid(process.pid), *(p.pid for p in process.parents())}
        return bool(line & known)
    return True  # it ended meanwhile


def end_processes(processes: list[psutil.Process]) -> None:
    """End processes without asking."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=KILL_GRACE_S)


def sweep_orphans(instance: Instance) -> list[int]:
    """End every process of the instance that is still there, whoever started it.

    Returns:
        Process ids that had to be ended.
    """
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    ended: list[int] = []
    for _ in range(3):  # a process may have forked between the look and the signal
        left = [process for process in find_members(instance) if process.pid not in spared]
        if not left:
            break
        end_processes(left)
        ended += [process.pid for process in left]
    return ended
