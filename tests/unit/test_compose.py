"""docker-compose.yml: what dies comes back, and what does not work is seen."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from posttrade.embedded import metadata_url, part_health
from posttrade.instance import REPOSITORY

ONCE = {"prepare"}
READ_PASSWORD = (
    "from airflow.configuration import conf; from sqlalchemy import make_url;"
    "print(make_url(conf.get('database', 'sql_alchemy_conn')).password)"
)
WITHOUT_HEALTH_CHECK = {"jaeger"}  # its image holds no program to ask with


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return services


def test_every_service_comes_back(services: dict[str, Any]) -> None:
    policies = {name: service.get("restart") for name, service in services.items()}
    assert policies == {name: "no" if name in ONCE else "unless-stopped" for name in services}


def test_every_service_has_a_health_check(services: dict[str, Any]) -> None:
    unchecked = {name for name, service in services.items() if "healthcheck" not in service}
    assert unchecked == ONCE | WITHOUT_HEALTH_CHECK


def test_every_health_check_ends(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if check := service.get("healthcheck"):
            assert {"test", "interval", "timeout", "retries"} <= set(check), name


def test_no_password_stands_in_an_address(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if "PASSWORD}" in str(value) or "PASSWORD:" in str(value):
                assert str(value).startswith("${"), f"{name}: {variable}"


@pytest.mark.parametrize("password", ["plain", "p@ss:w/rd?#[%40] +&='\"\\$"])
def test_any_password_leads_to_the_metadata(password: str) -> None:
    url = make_url(metadata_url.build_url({"AIRFLOW_DB_PASSWORD": password}))
    assert url.password == password
    assert (url.host, url.username, url.database) == ("postgres", "airflow", "airflow")


@pytest.mark.parametrize("password", ["plain", "p@ss:w/rd?#[%40] +&='\"\\$"])
def test_airflow_takes_the_address_from_the_command(
    services: dict[str, Any], password: str, tmp_path: Path
) -> None:
    variables = services["airflow-scheduler"]["environment"]
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD"
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            READ_PASSWORD,
        ],
        env={
            # what other tests of this process left of Airflow's settings would win over the command
            **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW__")},
            "PYTHONPATH": f"{REPOSITORY}/include",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(tmp_path),
            name: variables[name],
            "AIRFLOW_DB_PASSWORD": password,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == password


@pytest.fixture
def api_server() -> Iterator[tuple[str, dict[str, Any]]]:
    facts: dict[str, Any] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(facts).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", facts
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_part_is_as_healthy_as_the_api_server_says(
    api_server: tuple[str, dict[str, Any]],
) -> None:
    url, facts = api_server
    assert not part_health.is_healthy(url, "scheduler")
    facts["scheduler"] = {"status": "unhealthy"}
    assert not part_health.is_healthy(url, "scheduler")
    facts["scheduler"] = {"status": "healthy"}
    assert part_health.is_healthy(url + "/", "scheduler")
    assert not part_health.is_healthy(url, "triggerer")
    assert not part_health.is_healthy("http://127.0.0.1:1", "scheduler")
