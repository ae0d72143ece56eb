"""Services of a running instance are killed under traffic; they come back by themselves."""

from __future__ import annotations

import os
import signal

import psutil

from posttrade.embedded import airflow, kafka, processes
from tests.faults.platform.running import PlatformScene

TRADES, RATE = 300, 60  # about 16 s of messages
POSTGRES = "postgres"


def kill_under_traffic(fault: PlatformScene, service: str, times: int) -> None:
    """Kill a service at random moments while messages come; then count."""
    with fault.traffic(TRADES, rate=RATE):
        for _ in fault.times(times):
            fault.pause(1, 7)
            fault.platform.service(service).kill()
    fault.check()


def test_scheduler_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the scheduler of a running instance."""
    kill_under_traffic(fault, airflow.SCHEDULER, 2)


def test_triggerer_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the triggerer."""
    kill_under_traffic(fault, airflow.TRIGGERER, 2)


def test_api_server_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the api-server."""
    kill_under_traffic(fault, airflow.API_SERVER, 2)


def test_dag_processor_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the Dag processor."""
    kill_under_traffic(fault, airflow.DAG_PROCESSOR, 2)


def test_postgres_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the instance's PostgreSQL, or of one of its sessions."""
    with fault.traffic(TRADES, rate=RATE):
        for number in fault.times(4):
            fault.pause(1, 4)
            server = fault.platform.service(POSTGRES)
            sessions = [p for p in server.children() if "127.0.0.1" in " ".join(p.cmdline())]
            victim = fault.random.choice(sessions) if number % 2 and sessions else server
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                server.kill()
    fault.check()


def test_broker_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of the instance's Kafka."""
    kill_under_traffic(fault, kafka.SERVICE, 2)


def test_everything_is_killed(fault: PlatformScene) -> None:
    """Kill -9 of every process of the instance at once, its supervisor too."""
    for _ in fault.times(2):
        fault.send(TRADES // 2)
        fault.pause(0, 4)
        for process in list(processes.find_members(fault.platform.instance)):
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        fault.platform.run("up")
    fault.check()
