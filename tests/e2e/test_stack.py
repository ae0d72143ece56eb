"""The whole stack from its command line: up, down, crash, two side by side, nothing told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from posttrade.embedded import processes
from posttrade.instance import REPOSITORY, Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT_S = 300
REPAIR_TIMEOUT_S = 120
SERVICES = (
    "postgres",
    "embedded-broker",
    "mail",
    "airflow-api-server",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "metrics",
    "supervisor",
)


def posttrade(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "posttrade", "--home", str(home), *arguments],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}/include:{REPOSITORY}/plugins"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def tell(home: Path, *arguments: str) -> dict[str, Any]:
    done = posttrade(home, *arguments, "--json")
    assert done.stdout.strip(), done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def members(home: Path) -> list[psutil.Process]:
    return list(processes.find_members(Instance.load(home)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stack that every test leaves running."""
    folder = tmp_path_factory.mktemp("stack")
    done = posttrade(folder, "up")
    assert done.returncode == 0, done.stderr
    yield folder
    posttrade(folder, "down", "--discard")


def test_everything_runs_and_a_second_up_starts_nothing(home: Path) -> None:
    facts = tell(home, "status")
    assert facts["is_running"]
    assert set(facts["services"]) == set(SERVICES)
    assert tell(home, "up")["started"] == []


def test_nothing_listens_beyond_this_machine(home: Path) -> None:
    addresses = set()
    for process in members(home):
        with contextlib.suppress(psutil.NoSuchProcess):  # tasks come and go
            addresses |= {
                connection.laddr.ip
                for connection in process.net_connections(kind="inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert addresses == {"127.0.0.1"}


def test_psql_passes_results_and_exit_codes(home: Path) -> None:
    done = posttrade(home, "psql", "-A", "-t", "-c", "select 6 * 7")
    assert (done.returncode, done.stdout.strip()) == (0, "42")
    assert posttrade(home, "psql", "-c", "select nonsense").returncode == 1


def test_data_is_durable_and_checked(home: Path) -> None:
    for setting in ("fsync", "full_page_writes", "data_checksums", "synchronous_commit"):
        done = posttrade(home, "psql", "-A", "-t", "-c", f"show {setting}")
        assert done.stdout.strip() == "on", setting


def test_airflow_signs_in_with_the_password_in_its_file(home: Path) -> None:
    instance = Instance.load(home)
    ((name, password),) = json.loads(instance.airflow_password_file.read_text()).items()
    request = urllib.request.Request(
        f"{instance.airflow_url}/auth/token",
        data=json.dumps({"username": name, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["access_token"]


def test_secrets_are_the_owners_and_in_no_log(home: Path) -> None:
    instance = Instance.load(home)
    for path in (home / "secrets.json", home / "instance.json", instance.airflow_password_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    told = [posttrade(home, "status").stdout, posttrade(home, "status", "--json").stdout]
    told += [path.read_text(errors="replace") for path in instance.logs_dir.rglob("*.log")]
    assert len(told) > len(SERVICES)
    for name, value in instance.secrets.items():
        assert not any(value in text for text in told), name
    for process in members(home):
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(process.cmdline())
            assert not any(value in words for value in instance.secrets.values())


def await_running(home: Path) -> dict[str, Any]:
    """Wait until everything runs and is healthy again; gives the services."""
    deadline = time.monotonic() + REPAIR_TIMEOUT_S
    while time.monotonic() < deadline:
        facts = tell(home, "status")
        services: dict[str, Any] = facts["services"]
        if facts["is_running"] and all(
            service.get("health", "healthy") == "healthy" for service in services.values()
        ):
            return services
        time.sleep(1)
    pytest.fail(f"not all came back: {posttrade(home, 'status').stdout}")


def test_what_dies_comes_back_by_itself(home: Path) -> None:
    before = await_running(home)
    sessions = psutil.Process(before["postgres"]["pid"]).children()
    client = next(p for p in sessions if "airflow 127.0.0.1" in " ".join(p.cmdline()))
    client.kill()  # PostgreSQL ends every other session with it
    for name in ("embedded-broker", "airflow-scheduler"):
        os.kill(before[name]["pid"], signal.SIGKILL)
    deadline = time.monotonic() + REPAIR_TIMEOUT_S
    while not tell(home, "status")["services"]["airflow-scheduler"]["restarts"]:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    after = await_running(home)
    assert after["embedded-broker"]["restarts"] == 1
    assert {name: after[name] for name in ("mail", "postgres", "supervisor")} == {
        name: before[name] for name in ("mail", "postgres", "supervisor")
    }
    with urllib.request.urlopen(Instance.load(home).metrics_url, timeout=30) as answer:
        metrics = answer.read().decode()
    assert 'posttrade_service_restarts_total{service="embedded-broker"} 1.0' in metrics
    assert 'posttrade_service_up{service="airflow-scheduler"} 1.0' in metrics


def test_what_the_embedded_broker_loses_is_counted(home: Path, tmp_path: Path) -> None:
    def ask(sql: str) -> str:
        return posttrade(home, "psql", "-A", "-t", "-c", sql).stdout.strip()

    services = await_running(home)
    rows = [f"LOST{n},AAPL,BUY,10,190.5,2026-11-18" for n in range(25)]
    file = tmp_path / "trades.csv"
    file.write_text("\n".join(["trade_id,symbol,side,quantity,price,trade_date", *rows]))
    assert posttrade(home, "airflow", "dags", "pause", "--yes", "trade_capture").returncode == 0
    time.sleep(3)  # a wait that had begun sees them and leaves them to the paused Dag
    loaded = posttrade(home, "load", "trades", str(file))
    assert loaded.returncode == 0, loaded.stderr
    down = posttrade(home, "down")
    if down.returncode == 0:
        pytest.fail(f"25 messages went with it: {down.stderr}")
    assert "25 messages are only in the embedded broker" in down.stderr
    assert tell(home, "status")["is_running"]
    os.kill(services["embedded-broker"]["pid"], signal.SIGKILL)
    wait_for(lambda: tell(home, "status")["services"]["embedded-broker"]["running"])
    log = (home / "logs" / "supervisor.log").read_text()
    assert "gone undrained are 25 messages of trades" in log
    posttrade(home, "airflow", "dags", "unpause", "--yes", "trade_capture")
    wait_for(lambda: ask("select sum(lost_count) from landing.batch_ranges") == "25")
    wait_for(lambda: ask("select count(*) from control.alerts where kind = 'offsets_lost'") == "1")
    assert posttrade(home, "load", "trades", str(file)).returncode == 0
    wait_for(
        lambda: ask("select count(*) from trade.executions where trade_id like 'LOST%'") == "25"
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + REPAIR_TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(1)


def test_up_takes_over_from_a_killed_supervisor(home: Path) -> None:
    before = await_running(home)
    for name in ("supervisor", "postgres", "airflow-scheduler"):
        os.kill(before[name]["pid"], signal.SIGKILL)
    assert not tell(home, "status")["is_running"]
    assert posttrade(home, "status").returncode == 1
    started = tell(home, "up")["started"]
    assert {"supervisor", "postgres", "airflow-scheduler"} <= set(started)
    after = await_running(home)
    assert after["mail"] == before["mail"]
    os.kill(after["airflow-dag-processor"]["pid"], signal.SIGKILL)  # the new one is at work
    while not (now := tell(home, "status")["services"]["airflow-dag-processor"])["running"]:
        time.sleep(0.5)
    assert now["restarts"] == before["airflow-dag-processor"]["restarts"] + 1


def test_a_second_instance_beside_it_and_a_crash(home: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    try:
        assert posttrade(second, "up").returncode == 0
        one, other = Instance.load(home), Instance.load(second)
        assert not set(one.ports.values()) & set(other.ports.values())
        for process in members(second)[::2]:  # leaders and children
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        down = posttrade(second, "down")
        assert down.returncode == 0, down.stderr
        assert members(second) == []
        assert tell(second, "down")["stopped"] == []
        assert tell(home, "status")["is_running"]
    finally:
        posttrade(second, "down")


def test_a_taken_port_is_left_to_its_owner(tmp_path: Path) -> None:
    instance = Instance.create(tmp_path / "home")
    from posttrade.embedded import stack

    with socket.socket() as other:
        other.bind(("127.0.0.1", instance.ports["smtp"]))
        other.listen()
        settled = stack.settle_ports(instance, lambda _line: None)
    assert settled.ports["smtp"] != instance.ports["smtp"]
    assert {k: v for k, v in settled.ports.items() if k != "smtp"} == {
        k: v for k, v in instance.ports.items() if k != "smtp"
    }
    assert Instance.load(tmp_path / "home") == settled


def test_down_without_an_instance_is_no_error(tmp_path: Path) -> None:
    assert tell(tmp_path / "nothing", "down") == {"stopped": [], "lost_messages": 0}
    assert not (tmp_path / "nothing").exists()


def test_an_error_is_one_line_and_exit_code_two(tmp_path: Path) -> None:
    done = posttrade(tmp_path / "nothing", "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no instance in")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("broker", "words"),
    [
        ("rabbit", "embedded, kafka or HOST:PORT"),
        ("rabbit:hole", "embedded, kafka or HOST:PORT"),
        ("127.0.0.1:1", "no broker answers at 127.0.0.1:1"),
    ],
)
def test_a_wrong_broker_is_refused_before_anything_starts(
    tmp_path: Path, broker: str, words: str
) -> None:
    done = posttrade(tmp_path, "up", "--broker", broker)
    assert done.returncode == 2
    assert words in done.stderr
    assert members(tmp_path) == []


def test_an_up_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    Instance.create(tmp_path)
    (tmp_path / "run" / "broker-ends").write_text("no offsets")
    done = posttrade(tmp_path, "up")
    assert done.returncode != 0
    assert "stopping again what was started" in done.stderr
    assert members(tmp_path) == []
