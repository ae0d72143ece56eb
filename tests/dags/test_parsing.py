"""Dags parse quickly, and touch nothing outside their own files while they do."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from posttrade.instance import REPOSITORY

PARSE_SECONDS_MAX = 5.0  # all Dags together, on a busy machine; a quiet one takes a tenth of one
HEAVY = (
    "great_expectations", "pandas", "numpy", "exchange_calendars", "QuantLib", "confluent_kafka",
    "psycopg", "altair", "fastapi", "posttrade.database",
)  # fmt: skip
PARSE_OFFLINE = """
import json, socket, sys, time
def refuse(*a, **k): raise AssertionError("a Dag reaches for the network while it is parsed")
import airflow.sdk, airflow.timetables.base, airflow.triggers.base
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
socket.socket.connect = refuse
socket.getaddrinfo = refuse
started = time.monotonic()
bag = DagBag(sys.argv[1])
print(json.dumps({
    "seconds": time.monotonic() - started, "errors": bag.import_errors, "dags": sorted(bag.dags),
    "modules": sorted(set(sys.modules) - before),
}))
"""


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    environment = {key: value for key, value in os.environ.items() if "PROXY" not in key.upper()}
    path = os.pathsep.join(str(REPOSITORY / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", PARSE_OFFLINE, str(REPOSITORY / "dags")],
        env={**environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def test_every_dag_parses_offline(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert parsed["dags"] == [
        "end_of_day", "housekeeping", "reference_data", "settlement_cycle",
        "simulate_trading_day", "trade_capture", "watch",
    ]  # fmt: skip


def test_parsing_is_quick(parsed: dict[str, Any]) -> None:
    logging.getLogger(__name__).warning("Dags parsed in %.2f s", parsed["seconds"])
    assert parsed["seconds"] < PARSE_SECONDS_MAX


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert [name for name in HEAVY if name in parsed["modules"]] == []
