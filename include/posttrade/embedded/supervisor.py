"""Starts and stops the services of an instance; each one leads a session of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from posttrade.embedded import processes
from posttrade.errors import Unavailable
from posttrade.instance import Instance, write_private

POLL_S = 0.1
POLL_S_MAX = 0.5
KILL_GRACE_S = 5.0
LOG_TAIL_LINES = 15
LOG_BYTES_MAX = 64 * 1024 * 1024
CLOCK_TOLERANCE_S = 1.0
LOCK_TIMEOUT_S = 300


@dataclasses.dataclass(frozen=True)
class Service:
    """How one process of an instance is started, told ready, and stopped (times in seconds)."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = dataclasses.field(repr=False)
    directory: Path
    is_ready: Callable[[], bool]
    ready_timeout_s: float = 60.0
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 15.0

    @property
    def fingerprint(self) -> str:
        """Changes when the service would be started differently."""
        parts = [*self.argv, *(f"{key}={self.environment[key]}" for key in self.kept_variables())]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def kept_variables(self) -> list[str]:
        """Variables that decide how the service runs; the caller's shell has many that do not."""
        return sorted(
            key for key in self.environment if key.startswith(("AIRFLOW", "OTEL", "POSTTRADE"))
        )


def start_service(instance: Instance, service: Service) -> bool:
    """Start a service unless it runs already as described; returns when it is ready.

    Returns:
        Whether a process was started.

    Raises:
        Unavailable: it ended early or was not ready in time; the end of its log is in the message.
    """
    process = find_process(instance, service.name)
    record = read_record(instance, service.name)
    if process is not None and record.get("fingerprint") == service.fingerprint:
        with contextlib.suppress(Unavailable):  # ended, or hangs: start it anew
            await_ready(instance, service, process)
            return False
    stop_services(instance, [service.name])  # also what a dead one left behind
    started = launch(instance, service)
    await_ready(instance, service, started)
    return True


def launch(instance: Instance, service: Service) -> psutil.Process:
    """Start the process and write down what is needed to find it again."""
    log_path = instance.logs_dir / f"{service.name}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log_path.exists() and log_path.stat().st_size > LOG_BYTES_MAX:
        log_path.replace(log_path.with_suffix(".log.1"))
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            service.argv,
            env=dict(service.environment),
            cwd=service.directory,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"{service.name} cannot be started: {error}") from error
    finally:
        os.close(descriptor)
    process = psutil.Process(child.pid)
    record = {
        "pid": child.pid,
        "created": process.create_time(),
        "fingerprint": service.fingerprint,
        "stop_signal": int(service.stop_signal),
        "stop_timeout_s": service.stop_timeout_s,
    }
    write_private(record_path(instance, service.name), json.dumps(record))
    return process


def await_ready(instance: Instance, service: Service, process: psutil.Process) -> None:
    """Wait until the service answers.

    Raises:
        Unavailable: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + service.ready_timeout_s
    pause_s = POLL_S
    while time.monotonic() < deadline:
        if not processes.is_alive(process):
            raise Unavailable(
                f"{service.name} ended while starting\n{tail(instance, service.name)}"
            )
        if service.is_ready():
            return
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.1, POLL_S_MAX)  # what starts slowly is not slowed further
    raise Unavailable(
        f"{service.name} was not ready after {service.ready_timeout_s:g} s\n"
        f"{tail(instance, service.name)}"
    )


def stop_services(instance: Instance, names: Iterable[str]) -> list[str]:
    """Stop services together: ask each, wait, then end what is left of their sessions.

    Returns:
        Names of those that were running.
    """
    stopped = []
    waiting: list[tuple[psutil.Process, float]] = []
    for name in names:
        process = find_process(instance, name)
        if process is None:
            if end_left_behind(instance, name):
                stopped.append(name)
            record_path(instance, name).unlink(missing_ok=True)
            continue
        stopped.append(name)
        record = read_record(instance, name)
        members = processes.session_members(process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(int(record.get("stop_signal", signal.SIGTERM)))
        deadline = time.monotonic() + float(record.get("stop_timeout_s", KILL_GRACE_S))
        waiting += [(member, deadline) for member in {process, *members}]
    for process, deadline in waiting:
        while processes.is_alive(process) and time.monotonic() < deadline:
            time.sleep(POLL_S / 2)
    processes.end_processes([process for process, _ in waiting if processes.is_alive(process)])
    for name in stopped:
        record_path(instance, name).unlink(missing_ok=True)
    return stopped


def end_left_behind(instance: Instance, name: str) -> list[int]:
    """End what a service that died left running.

    Returns:
        Process ids that had to be ended.
    """
    record = read_record(instance, name)
    if "pid" not in record:
        return []
    left = processes.left_behind(int(record["pid"]), float(record.get("created", 0)))
    processes.end_processes(left)
    return [process.pid for process in left]


def sweep_strays(instance: Instance) -> list[int]:
    """End processes of the instance whose service the supervisor has lost sight of.

    Returns:
        Process ids that had to be ended.
    """
    names = {path.stem for path in instance.run_dir.glob("*.service")}
    known = {process.pid for name in names if (process := find_process(instance, name))}
    known |= {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    strays = [
        process
        for process in processes.find_members(instance)
        if not processes.is_below(process, known)
    ]
    processes.end_processes(strays)
    return [process.pid for process in strays]


def find_process(instance: Instance, name: str) -> psutil.Process | None:
    """The living process of a service, or None."""
    record = read_record(instance, name)
    if not record:
        return None
    try:
        process = psutil.Process(int(record["pid"]))
        same_start = abs(process.create_time() - float(record["created"])) < CLOCK_TOLERANCE_S
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return None
    if processes.is_alive(process) and (same_start or processes.is_member(instance, process)):
        return process
    return None


def record_path(instance: Instance, name: str) -> Path:
    """Where the supervisor remembers a service."""
    return instance.run_dir / f"{name}.service"


def read_record(instance: Instance, name: str) -> dict[str, Any]:
    """What the supervisor remembers of a service; empty when it knows nothing."""
    try:
        record: dict[str, Any] = json.loads(record_path(instance, name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record


def tail(instance: Instance, name: str) -> str:
    """The end of a service's log."""
    path = instance.logs_dir / f"{name}.log"
    if not path.exists():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"end of {path}:", *lines[-LOG_TAIL_LINES:]])


@contextlib.contextmanager
def exclusive(instance: Instance, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """Only one command at a time starts or stops this instance.

    Raises:
        Unavailable: another one held on for too long.
    """
    deadline = time.monotonic() + timeout_s
    instance.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (instance.run_dir / "lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Unavailable(
                        f"another command has been starting or stopping {instance.home} for "
                        f"{timeout_s:g} s"
                    ) from None
                time.sleep(POLL_S)
        yield
