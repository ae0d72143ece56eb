"""Serves the metrics from a process of its own, which answers also when Airflow does not."""

from __future__ import annotations

import argparse
import os
import signal
import threading

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.exposition import generate_latest, start_http_server

from posttrade.instance import HOME_VARIABLE, Instance, find_home
from posttrade.metrics.collector import PostTradeCollector
from posttrade.metrics.sources import Sources


def make_registry(sources: Sources) -> CollectorRegistry:
    """The product's metrics, and those of the process that serves them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PostTradeCollector(sources))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def print_metrics(sources: Sources) -> str:
    """The metrics as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PostTradeCollector(sources))
    return generate_latest(registry).decode()


def find_sources() -> Sources:
    """The instance of the home folder where there is one, else what the environment names."""
    if os.environ.get(HOME_VARIABLE) and (find_home(None) / "instance.json").exists():
        return Sources.of_instance(Instance.load())
    return Sources.of_environment()


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server, thread = start_http_server(
        arguments.port, addr=arguments.host, registry=make_registry(find_sources())
    )
    ended.wait()
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
