"""Airflow with the LocalExecutor: four processes, set up by environment, metadata in PostgreSQL."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from posttrade.embedded import supervisor
from posttrade.embedded.supervisor import Service
from posttrade.errors import Unavailable
from posttrade.instance import REPOSITORY, Instance, write_private

API_SERVER = "airflow-api-server"
SCHEDULER = "airflow-scheduler"
DAG_PROCESSOR = "airflow-dag-processor"
TRIGGERER = "airflow-triggerer"
SERVICES = (API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER)
PARALLEL_TASKS = (4, 6)  # fewest and most; a core each in between
READY_TIMEOUT_S = 180
MIGRATE_TIMEOUT_S = 300
ADMINISTRATOR = "admin"


def build_environment(instance: Instance) -> dict[str, str]:
    """Environment of every Airflow process of the instance, and of its command line."""
    settings = {
        **_core_settings(instance),
        **_service_settings(instance),
        **_observation_settings(instance),
    }
    variables = {
        f"AIRFLOW__{section.upper()}__{key.upper()}": value
        for (section, key), value in settings.items()
    }
    return {
        **instance.environment(),
        **variables,
        **build_connections(instance),
        **_otlp_variables(instance),
        "AIRFLOW_HOME": str(instance.home / "airflow"),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _core_settings(instance: Instance) -> dict[tuple[str, str], str]:
    fewest, most = PARALLEL_TASKS
    parallelism = min(max(os.cpu_count() or fewest, fewest), most)
    secrets = instance.secrets
    database = (
        f"airflow:{secrets['postgres_airflow']}@127.0.0.1:{instance.ports['postgres']}/airflow"
    )
    return {
        ("core", "executor"): "LocalExecutor",
        ("core", "parallelism"): str(parallelism),
        ("core", "dags_folder"): str(REPOSITORY / "dags"),
        ("core", "plugins_folder"): str(REPOSITORY / "plugins"),
        ("core", "load_examples"): "False",
        ("core", "dags_are_paused_at_creation"): "False",
        ("core", "fernet_key"): secrets["airflow_fernet_key"],
        ("core", "hostname_callable"): "socket.gethostname",
        ("core", "execution_api_server_url"): f"{instance.airflow_url}/execution/",
        ("core", "simple_auth_manager_users"): f"{ADMINISTRATOR}:admin",
        ("core", "simple_auth_manager_passwords_file"): str(instance.airflow_password_file),
        ("database", "sql_alchemy_conn"): f"postgresql+psycopg2://{database}",
        ("database", "sql_alchemy_conn_async"): f"postgresql+asyncpg://{database}",
        ("api", "host"): "127.0.0.1",
        ("api", "port"): str(instance.ports["airflow"]),
        ("api", "base_url"): instance.airflow_url,
        ("api", "workers"): "1",
        ("api", "secret_key"): secrets["airflow_api_secret"],
        ("api", "expose_config"): "False",
        ("api_auth", "jwt_secret"): secrets["airflow_jwt_secret"],
        ("api_auth", "jwt_issuer"): f"posttrade-{instance.name}",
    }


def _service_settings(instance: Instance) -> dict[tuple[str, str], str]:
    logs = instance.logs_dir / "airflow"
    return {
        ("scheduler", "scheduler_idle_sleep_time"): "0.1",
        ("scheduler", "scheduler_heartbeat_sec"): "5",
        ("scheduler", "task_instance_heartbeat_timeout"): "60",  # a killed task is seen after this
        ("scheduler", "orphaned_tasks_check_interval"): "30",
        ("dag_processor", "parsing_processes"): "1",
        ("dag_processor", "refresh_interval"): "60",
        ("dag_processor", "min_file_process_interval"): "60",
        ("dag_processor", "print_stats_interval"): "300",
        ("dag_processor", "stale_dag_threshold"): "120",
        ("logging", "base_log_folder"): str(logs),
        ("logging", "dag_processor_child_process_log_directory"): str(logs / "dag_processor"),
        ("logging", "colored_console_log"): "False",
        ("logging", "file_task_handler_new_folder_permissions"): "0o700",
        ("logging", "file_task_handler_new_file_permissions"): "0o600",
    }


def _observation_settings(instance: Instance) -> dict[tuple[str, str], str]:
    is_on = str(bool(instance.otlp_endpoint))
    return {("metrics", "otel_on"): is_on, ("traces", "otel_on"): is_on}


def _otlp_variables(instance: Instance) -> dict[str, str]:
    """What every OTLP exporter reads; a collector that is away must not hold up a task for long."""
    if not instance.otlp_endpoint:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": instance.otlp_endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
        "OTEL_TRACES_EXPORTER": "otlp_proto_http",
        "OTEL_METRIC_EXPORT_INTERVAL": "15000",
        "OTEL_SERVICE_NAME": "airflow",
        "AIRFLOW__TRACES__TASK_RUNNER_FLUSH_TIMEOUT_MILLISECONDS": "2000",
    }


def build_connections(instance: Instance) -> dict[str, str]:
    """The outside world as Airflow connections; all that tasks ever learn of it."""
    connections = {
        "posttrade_db": {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": instance.ports["postgres"],
            "login": "posttrade",
            "password": instance.secrets["postgres_posttrade"],
            "schema": "posttrade",
        },
        "kafka_default": {"conn_type": "kafka", "extra": instance.kafka_config},
        "smtp_default": {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": instance.ports["smtp"],
            "extra": {
                "disable_ssl": True,
                "disable_tls": True,
                "from_email": "posttrade@localhost",
            },
        },
    }
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(c) for name, c in connections.items()}


def prepare(instance: Instance) -> None:
    """Write the password file and bring the metadata database to this Airflow's version.

    Raises:
        Unavailable: the migration failed; the end of its log is in the message.
    """
    folder = instance.home / "airflow"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not instance.airflow_password_file.exists():
        password = json.dumps({ADMINISTRATOR: instance.secrets["airflow_admin"]})
        write_private(instance.airflow_password_file, password + "\n")
    stamp = folder / "migrated"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == installed_version():
        return
    log_path = instance.logs_dir / "airflow-migrate.log"
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as log:
        result = subprocess.run(
            [*airflow_command(), "db", "migrate"],
            env=build_environment(instance),
            cwd=instance.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=MIGRATE_TIMEOUT_S,
            check=False,
        )
    if result.returncode != 0:
        end = supervisor.tail(instance, "airflow-migrate")
        raise Unavailable(f"Airflow's metadata cannot be migrated\n{end}")
    write_private(stamp, installed_version())


def installed_version() -> str:
    """Version of Airflow in this environment."""
    from importlib.metadata import version

    return version("apache-airflow-core")


def airflow_command() -> tuple[str, ...]:
    """Words that run Airflow's command line in this environment."""
    return (sys.executable, "-m", "airflow")


def describe(instance: Instance) -> list[Service]:
    """How the four processes are started; none serves logs, as the files are on this machine."""
    environment = build_environment(instance)
    commands = {
        API_SERVER: ("api-server",),
        SCHEDULER: ("scheduler", "--skip-serve-logs"),
        DAG_PROCESSOR: ("dag-processor",),
        TRIGGERER: ("triggerer", "--skip-serve-logs"),
    }
    return [
        Service(
            name=name,
            argv=(*airflow_command(), *words),
            environment=environment,
            directory=instance.home,
            is_ready=_readiness(instance, name),
            ready_timeout_s=READY_TIMEOUT_S,
            stop_timeout_s=5 if name == API_SERVER else 20,  # it holds nothing, but lingers
        )
        for name, words in commands.items()
    ]


def _readiness(instance: Instance, name: str) -> Callable[[], bool]:
    part = {SCHEDULER: "scheduler", DAG_PROCESSOR: "dag_processor", TRIGGERER: "triggerer"}.get(
        name
    )

    def is_ready() -> bool:
        health = read_health(instance)
        process = supervisor.find_process(instance, name)
        if health is None or process is None:
            return False
        if part is None:
            return True
        facts = health.get(part, {})
        beat = facts.get(f"latest_{part}_heartbeat")
        if facts.get("status") != "healthy" or not beat:
            return False
        moment = datetime.datetime.fromisoformat(beat.replace("Z", "+00:00"))
        return moment.timestamp() > float(process.create_time())  # not one of an earlier run

    return is_ready


def read_health(instance: Instance) -> dict[str, dict[str, str]] | None:
    """What the api-server says about all parts, or None while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.ports["airflow"], timeout=5)
    try:
        connection.request("GET", "/api/v2/monitor/health")
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            return None
        health: dict[str, dict[str, str]] = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return health


def log_paths(instance: Instance) -> dict[str, Path]:
    """Log file of each Airflow process."""
    return {name: instance.logs_dir / f"{name}.log" for name in SERVICES}
