"""All metrics of the product, gathered when Prometheus asks.

A part that does not answer is a metric too (``posttrade_up``); what the others know is still told.
Amounts of money are floats here, as everything in Prometheus is: they are for charts, and the
books are in the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from posttrade.backlog import read_drained, read_watermarks
from posttrade.database import connect
from posttrade.errors import PostTradeError
from posttrade.metrics.database_metrics import DatabaseMetrics
from posttrade.metrics.sources import Sources
from posttrade.watermarks import Place

PREFIX = "posttrade_"
STATEMENT_TIMEOUT_S = 10
WATERMARKS_TIMEOUT_S = 3.0
KEPT_S = 2.0  # two servers that scrape at the same moment get the same answer


class PostTradeCollector(Collector):
    """Asks every source, one scrape at a time."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.database = DatabaseMetrics()
        self.lock = threading.Lock()
        self.kept: list[Metric] = []
        self.kept_until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the registry must not ask the database when it is made."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        with self.lock:
            if time.monotonic() >= self.kept_until:
                self.kept = list(self._gather())
                self.kept_until = time.monotonic() + KEPT_S
            yield from self.kept

    def _gather(self) -> Iterator[Metric]:
        started = time.monotonic()
        up = GaugeMetricFamily(
            PREFIX + "up", "Whether a part answers and is healthy", labels=["part"]
        )
        metrics: list[Metric] = []
        for part, gather in (
            ("database", self._gather_database),
            ("broker", self._gather_broker),
        ):
            try:
                metrics += gather()
                up.add_metric([part], 1)
            except (PostTradeError, psycopg.Error):
                up.add_metric([part], 0)
        try:
            for part, is_healthy in self.sources.read_airflow_health().items():
                up.add_metric([f"airflow_{part}"], is_healthy)
            up.add_metric(["airflow_api_server"], 1)
        except PostTradeError:
            up.add_metric(["airflow_api_server"], 0)
        yield up
        yield from metrics
        yield from self._describe_services()
        yield self._describe_fill()
        yield GaugeMetricFamily(
            PREFIX + "scrape_seconds",
            "Seconds that this answer took",
            value=time.monotonic() - started,
        )

    def _gather_database(self) -> list[Metric]:
        with connect(
            self.sources.dsn,
            statement_timeout_s=STATEMENT_TIMEOUT_S,
            application_name="posttrade metrics",
        ) as connection:
            return list(self.database.gather(connection))

    def _gather_broker(self) -> list[Metric]:
        labels = ["topic", "partition"]
        end = GaugeMetricFamily(PREFIX + "kafka_end_offset", "End of the partition", labels=labels)
        lag = GaugeMetricFamily(
            PREFIX + "lag_messages", "Offsets in Kafka that are not drained yet", labels=labels
        )
        watermarks = read_watermarks(self.sources.kafka_config, timeout_s=WATERMARKS_TIMEOUT_S)
        drained = self._read_drained()
        for (topic, partition), marks in sorted(watermarks.items()):
            place = [topic, str(partition)]
            end.add_metric(place, marks.end_offset)
            if drained is not None:
                next_offset = max(drained.get((topic, partition), 0), marks.first_offset)
                lag.add_metric(place, max(0, marks.end_offset - next_offset))
        return [end, lag]

    def _read_drained(self) -> dict[Place, int] | None:
        try:
            with connect(self.sources.dsn, statement_timeout_s=STATEMENT_TIMEOUT_S) as connection:
                return read_drained(connection)
        except PostTradeError:
            return None  # the database's own state says so; without it there is no lag to tell

    def _describe_services(self) -> Iterator[Metric]:
        labels = ["service"]
        running = GaugeMetricFamily(
            PREFIX + "service_up", "Whether the service's process runs", labels=labels
        )
        given_up = GaugeMetricFamily(
            PREFIX + "service_given_up",
            "Whether it died too often and is not started again",
            labels=labels,
        )
        restarts = CounterMetricFamily(
            PREFIX + "service_restarts", "Restarts by the supervisor", labels=labels
        )
        for name, facts in self.sources.read_services().items():
            running.add_metric([name], facts["running"])
            given_up.add_metric([name], bool(facts.get("given_up")))
            restarts.add_metric([name], facts["restarts"])
        yield from (running, given_up, restarts)

    def _describe_fill(self) -> Metric:
        fill = GaugeMetricFamily(
            PREFIX + "embedded_broker_fill_ratio",
            "How full the fullest partition is (embedded broker only)",
            labels=["topic"],
        )
        counter = self.sources.read_fill()
        for topic, share in sorted(counter.items()):
            fill.add_metric([topic], share)
        return fill
