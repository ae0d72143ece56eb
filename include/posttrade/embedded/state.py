"""What an instance is doing now, as plain values for a person or a program."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from posttrade.embedded import airflow, broker, observation, restarts, supervisor
from posttrade.embedded.services import wanted_services
from posttrade.errors import PostTradeError
from posttrade.instance import EMBEDDED, Instance


def status(instance: Instance) -> dict[str, Any]:
    """What runs and where, as plain values for a person or a program; no secret among them."""
    health = airflow.read_health(instance)
    services = describe_services(instance)
    for name, part in (
        (airflow.SCHEDULER, "scheduler"),
        (airflow.DAG_PROCESSOR, "dag_processor"),
        (airflow.TRIGGERER, "triggerer"),
    ):
        services[name]["health"] = (health or {}).get(part, {}).get("status", "unknown")
    is_running = all(facts["running"] for facts in services.values())
    return {
        "home": str(instance.home),
        "is_running": is_running,
        "services": services,
        "broker": {
            "kind": instance.broker,
            "bootstrap_servers": instance.bootstrap_servers,
            **describe_broker(instance),
        },
        "waiting": count_waiting(instance) if is_running else None,
        "watch": observation.describe_watch(instance),
        "postgres_port": instance.ports["postgres"],
        "smtp_port": instance.ports["smtp"],
        "airflow_url": instance.airflow_url,
        "airflow_password_file": str(instance.airflow_password_file),
        "metrics_url": instance.metrics_url,
        "otlp_endpoint": instance.otlp_endpoint or "off",
        "reports_dir": str(instance.reports_dir),
        "mail_dir": str(instance.mail_dir),
        "logs_dir": str(instance.logs_dir),
    }


def describe_services(instance: Instance) -> dict[str, dict[str, Any]]:
    """Whether each service runs, how often it was started again, and whether it is given up."""
    cases = restarts.read_cases(instance)
    described: dict[str, dict[str, Any]] = {}
    for name in wanted_services(instance):
        process = supervisor.find_process(instance, name)
        case = cases.get(name, restarts.Case())
        facts = described[name] = {
            "running": process is not None,
            "pid": process.pid if process else None,
            "restarts": case.restarts,
        }
        if process is None and case.given_up_at is not None:
            facts |= {"given_up": True, "last_lines": case.last_lines}
    return described


def count_waiting(instance: Instance) -> dict[str, int] | None:
    """Messages of each feed that are still to be drained; none when that cannot be told."""
    from posttrade import backlog

    try:
        return backlog.measure_backlog(instance.trade_dsn, instance.kafka_config).waiting_by_topic()
    except (PostTradeError, psycopg.Error):
        return None


def describe_broker(instance: Instance) -> dict[str, Any]:
    """Whether the broker keeps its messages, and how full the embedded one is."""
    if instance.broker != EMBEDDED:
        return {"is_durable": True}
    facts: dict[str, Any] = {"is_durable": False, "keeps": "in memory only", "fill": None}
    if supervisor.find_process(instance, broker.SERVICE) is None:
        return facts  # what stands in the file was then
    try:
        facts["fill"] = json.loads(broker.fill_path(instance).read_text(encoding="utf-8"))
    except (OSError, ValueError, PostTradeError):
        facts["fill"] = None
    return facts
