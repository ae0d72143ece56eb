"""A PostgreSQL that may be killed: it belongs to the faults alone."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

import psutil
import psycopg

from posttrade.embedded import postgres, supervisor
from tests.conftest import PostgresServer

OURS = "select pid from pg_stat_activity where application_name like 'posttrade%'"


class FaultyPostgres(PostgresServer):
    """Ways for a database server to go down, and to come back."""

    def start(self) -> None:
        postgres.start(self.instance)

    def stop_orderly(self) -> None:
        """As an administrator restarts it: sessions are ended, a checkpoint is written."""
        supervisor.stop_services(self.instance, ["postgres"])

    def kill(self) -> None:
        """Kill -9 of the postmaster; its backends follow it."""
        process = supervisor.find_process(self.instance, "postgres")
        assert process is not None
        backends = process.children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process, *backends], timeout=10)

    def kill_backend(self) -> bool:
        """Kill -9 of a session of the capture: the server then restarts all. Whether one was."""
        with contextlib.suppress(psycopg.OperationalError):
            pids = [pid for (pid,) in self.ask(OURS + " order by random()")]
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return True
        return False

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query, asked by the server's owner."""
        with psycopg.connect(self.administrator_dsn, connect_timeout=5) as connection:
            return connection.execute(query.encode()).fetchall()
