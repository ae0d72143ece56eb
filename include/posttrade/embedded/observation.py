"""What looks on: the metrics server, and what `status` says of the watch."""

from __future__ import annotations

import sys
from typing import Any

import psycopg

from posttrade.database import connect
from posttrade.embedded.supervisor import Service
from posttrade.errors import PostTradeError
from posttrade.instance import Instance, is_port_open
from posttrade.statements import read_statement

SERVICE = "metrics"
WATCH_SILENCE_MAX_S = 60  # a round takes place every few seconds
OFF = "off"


def describe(instance: Instance) -> Service:
    """How the metrics server is started."""
    port = instance.ports["metrics"]
    return Service(
        name=SERVICE,
        argv=(sys.executable, "-m", "posttrade.metrics.server", "--port", str(port)),
        environment=instance.environment(),
        directory=instance.home,
        is_ready=lambda: is_port_open(port),
        stop_timeout_s=5,
    )


def settle_endpoint(instance: Instance, choice: str | None) -> Instance:
    """Take over where metrics and traces of Airflow go to; None keeps it, ``off`` ends it."""
    if choice is None:
        return instance
    return instance.replace(otlp_endpoint="" if choice == OFF else choice.rstrip("/"))


def describe_watch(instance: Instance) -> dict[str, Any] | None:
    """When the watch last looked, and what waits for people; None when that cannot be told.

    Seen from outside: it is true also while Airflow is down and nobody can alert.
    """
    try:
        with connect(instance.trade_dsn, statement_timeout_s=5) as connection:
            cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
            facts = cursor.execute(read_statement("watch/read_state")).fetchone()
    except (PostTradeError, psycopg.Error):
        return None
    if facts is None:
        return None
    silence_s = facts["silence_seconds"]
    return {
        "is_watching": silence_s is not None and silence_s <= WATCH_SILENCE_MAX_S,
        "seconds_since_last_round": silence_s,
        "stopped_batches": facts["stopped_batches"],
        "undelivered_alerts": facts["undelivered_alerts"],
    }
