"""Peer of the drain: the Kafka provider's operator, a function for each batch, insert_rows."""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg

from bench.harness import read_sql

TOPIC = "executions"
BATCH = 10_000
POLL_TIMEOUT_S = 10


def drain_peer(
    database: str, kafka_config: Mapping[str, Any], rows: int
) -> tuple[float, dict[str, Any]]:
    """Seconds from the first batch's arrival to the last one's commit, and how many messages."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_airflow(folder, database, kafka_config)
        return consume(database, rows)


def consume(database: str, rows: int) -> tuple[float, dict[str, Any]]:
    """Run the operator, outside any Dag, as a task would."""
    from airflow.providers.apache.kafka.operators.consume import ConsumeFromTopicOperator
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    with psycopg.connect(database) as connection:
        connection.execute(read_sql("create_peer_table"))
    hook = PostgresHook(postgres_conn_id="bench_postgres")
    instants: list[float] = []
    count = 0

    def insert_batch(messages: list[Any]) -> None:
        nonlocal count
        instants.append(time.perf_counter())
        records = [record for each in messages if (record := read_record(each.value()))]
        hook.insert_rows("peer_executions", records, commit_every=BATCH, executemany=True)
        count += len(messages)
        instants.append(time.perf_counter())

    ConsumeFromTopicOperator(
        task_id="drain",
        topics=[TOPIC],
        kafka_config_id="bench_kafka",
        apply_function_batch=insert_batch,
        commit_cadence="end_of_batch",
        max_messages=rows,
        max_batch_size=BATCH,
        poll_timeout=POLL_TIMEOUT_S,
    ).execute({})
    if not instants:
        raise RuntimeError(f"the peer was given no message of {TOPIC}")
    return instants[-1] - instants[0], {"rows": count}


def prepare_airflow(folder: str, database: str, kafka_config: Mapping[str, Any]) -> None:
    """Connections by environment and a home to throw away, before Airflow is imported."""
    parts = psycopg.conninfo.conninfo_to_dict(database)
    postgres = {
        "conn_type": "postgres",
        "host": parts["host"],
        "port": int(str(parts["port"])),
        "login": parts["user"],
        "password": parts.get("password", ""),
        "schema": parts["dbname"],
    }
    client = {
        **kafka_config,
        "group.id": f"bench-{uuid.uuid4().hex}",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
    }
    os.environ |= {
        "AIRFLOW_HOME": folder,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW_CONN_BENCH_POSTGRES": json.dumps(postgres),
        "AIRFLOW_CONN_BENCH_KAFKA": json.dumps({"conn_type": "kafka", "extra": client}),
    }


def read_record(payload: bytes | None) -> tuple[Any, ...] | None:
    """The message's terms; what cannot be read is left out, no reject is kept."""
    try:
        fields = json.loads(payload or b"", parse_float=Decimal, parse_int=Decimal)
        record = (
            fields["trade_id"],
            fields.get("symbol") or fields["ticker"],
            fields["quantity"],
            fields["price"],
            fields.get("executed_at") or fields["timestamp"],
        )
        is_readable = all(isinstance(number, Decimal) for number in record[2:4])
        return record if is_readable and isinstance(record[0], str) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
