"""Services that die leave nothing behind, also what hides from its own user."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import psutil
import pytest

from posttrade.embedded import processes, supervisor
from posttrade.instance import Instance

LEADER = (
    "import subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import signal, time;"
    " signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)'])\n"
    "time.sleep(60)"
)


@pytest.fixture
def service(tmp_path: Path) -> supervisor.Service:
    def has_child() -> bool:
        record = supervisor.read_record(Instance.load(tmp_path / "home"), "parent")
        return bool(record and psutil.Process(record["pid"]).children())

    Instance.create(tmp_path / "home")
    return supervisor.Service(
        name="parent",
        argv=(sys.executable, "-c", LEADER),
        environment={},
        directory=tmp_path,
        is_ready=has_child,
        ready_timeout_s=20,
        stop_timeout_s=0.5,
    )


@pytest.mark.parametrize("action", ["stop", "start"])
def test_a_dead_service_leaves_no_child(
    service: supervisor.Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    instance = Instance.load(tmp_path / "home")
    # an environment that cannot be read hides the process from every look by its mark
    monkeypatch.setattr(processes, "is_member", lambda *_: False)
    assert supervisor.start_service(instance, service)
    leader = psutil.Process(supervisor.read_record(instance, "parent")["pid"])
    (child,) = leader.children()
    leader.send_signal(signal.SIGKILL)
    psutil.wait_procs([leader], timeout=5)
    if action == "stop":
        assert supervisor.stop_services(instance, ["parent"]) == ["parent"]
    else:
        assert supervisor.start_service(instance, service)
    assert not processes.is_alive(child)
    supervisor.stop_services(instance, ["parent"])
    assert supervisor.stop_services(instance, ["parent"]) == []
