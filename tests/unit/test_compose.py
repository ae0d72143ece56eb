"""docker-compose.yml: what dies comes back, and what does not work is seen."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from posttrade.embedded import part_health
from posttrade.instance import REPOSITORY

ONCE = {"prepare"}
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
