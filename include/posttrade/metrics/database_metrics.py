"""What the trade database says about itself."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from posttrade.backlog import read_drained
from posttrade.metrics.totals import RunningTotals, Sums
from posttrade.statements import read_statement

PREFIX = "posttrade_"
BREAKS_KEPT_S = 15.0  # open breaks are counted over every date
PLACE = ["topic", "partition"]
FACTS = {  # column of metrics/read_facts -> metric, what it is
    "pending_trades": ("pending_trades", "Trades that wait for a missing side within their grace"),
    "last_close_at": ("last_close_timestamp_seconds", "When the newest report was made"),
    "last_closed_date": ("last_closed_date_timestamp_seconds", "Newest business date reported"),
    "outbox_waiting": ("outbox_waiting_messages", "Messages to publish"),
    "outbox_oldest_seconds": ("outbox_oldest_seconds", "Age of the oldest message to publish"),
    "watch_round_at": ("watch_last_round_timestamp_seconds", "When the watch last looked"),
    "last_drain_at": ("last_drain_timestamp_seconds", "When a drain last ended well"),
}


@dataclasses.dataclass
class Kept:
    """Rows that are asked for less often than Prometheus asks."""

    rows: list[Any] = dataclasses.field(default_factory=list)
    until: float = 0.0


class DatabaseMetrics:
    """Asks the trade database; what only grows is not summed twice."""

    def __init__(self) -> None:
        self.batches = RunningTotals("metrics/sum_batches", 1, "batch_id")
        self.ranges = RunningTotals("metrics/sum_ranges", 2, "batch_id")
        self.rejects = RunningTotals("metrics/sum_rejects", 3, "reject_id")
        self.steps = RunningTotals("metrics/sum_steps", 2, "step_run_id")
        self.breaks = Kept()

    def gather(self, connection: psycopg.Connection[Any]) -> Iterator[Metric]:
        """All of it."""
        newest = self._read_rows(connection, "metrics/newest_ids")[0]
        batches = self.batches.read(connection, newest)
        yield counter("messages", "Messages drained", ["feed"], batches)
        yield counter("batches", "Batches drained", ["feed"], batches, 1)
        rejects = self.rejects.read(connection, newest)
        yield counter("rejects", "Messages refused", ["feed", "stage", "reason"], rejects)
        steps = self.steps.read(connection, newest)
        yield counter("step_runs", "Steps run", ["step", "outcome"], steps)
        yield counter("step_seconds", "Seconds that steps took", ["step", "outcome"], steps, 1)
        yield from self._gather_offsets(connection, self.ranges.read(connection, newest))
        yield from self._gather_times(connection)
        yield from self._gather_breaks(connection)
        yield from self._gather_batches(connection)
        yield from self._gather_alerts(connection)
        facts = self._read_rows(connection, "metrics/read_facts")[0]
        for column, (name, text) in FACTS.items():
            if facts[column] is not None:
                yield GaugeMetricFamily(PREFIX + name, text, value=float(facts[column]))

    def _gather_offsets(
        self, connection: psycopg.Connection[Any], ranges: Sums
    ) -> Iterator[Metric]:
        yield counter("stored_messages", "Messages stored", PLACE, ranges)
        yield counter("empty_offsets", "Offsets without a message", PLACE, ranges, 1)
        yield counter("lost_offsets", "Offsets that retention took undrained", PLACE, ranges, 2)
        stored = GaugeMetricFamily(PREFIX + "stored_offset", "Next offset to drain", labels=PLACE)
        for (topic, partition), next_offset in sorted(read_drained(connection).items()):
            stored.add_metric([topic, str(partition)], next_offset)
        yield stored
        missing = GaugeMetricFamily(
            PREFIX + "missing_rows",
            "Messages of the newest batches that are not stored: drift, has to be 0",
            labels=PLACE,
        )
        for row in self._read_rows(connection, "metrics/check_rows"):
            missing.add_metric([row["topic"], str(row["partition"])], row["missing"])
        yield missing
        drift = GaugeMetricFamily(
            PREFIX + "offset_drift",
            "Offsets covered less messages, empty and lost ones: drift, has to be 0",
            labels=PLACE,
        )
        for place, (messages, empty, lost, covered) in sorted(ranges.items()):
            drift.add_metric(place, covered - messages - empty - lost)
        yield drift

    def _gather_times(self, connection: psycopg.Connection[Any]) -> Iterator[Metric]:
        steps = GaugeMetricFamily(
            PREFIX + "step_duration_seconds",
            "Seconds a step took, over the last five minutes",
            labels=["step", "quantile"],
        )
        for row in self._read_rows(connection, "metrics/measure_steps"):
            steps.add_metric([row["step"], "0.5"], float(row["p50"]))
            steps.add_metric([row["step"], "0.95"], float(row["p95"]))
        yield steps
        work = GaugeMetricFamily(
            PREFIX + "batch_duration_seconds",
            "Seconds from drain to finished batch, over the last five minutes",
            labels=["feed", "quantile"],
        )
        delay = GaugeMetricFamily(
            PREFIX + "batch_delay_seconds",
            "Seconds from a batch's newest message to its end, over the last five minutes",
            labels=["feed", "quantile"],
        )
        for row in self._read_rows(connection, "metrics/measure_batches"):
            for quantile, suffix in (("0.5", "p50"), ("0.95", "p95")):
                for family, name in ((work, "work"), (delay, "delay")):
                    if row[f"{name}_{suffix}"] is not None:
                        value = float(row[f"{name}_{suffix}"])
                        family.add_metric([row["feed"], quantile], value)
        yield from (work, delay)

    def _gather_breaks(self, connection: psycopg.Connection[Any]) -> Iterator[Metric]:
        if time.monotonic() >= self.breaks.until:
            self.breaks.rows = self._read_rows(connection, "metrics/count_open_breaks")
            self.breaks.until = time.monotonic() + BREAKS_KEPT_S
        labels = ["break_type", "currency"]
        count = GaugeMetricFamily(PREFIX + "open_breaks", "Open breaks", labels=labels)
        money = GaugeMetricFamily(
            PREFIX + "open_breaks_exposure", "Money at risk in open breaks", labels=labels
        )
        oldest: list[float] = []
        for row in self.breaks.rows:
            key = [row["break_type"], row["currency"]]
            count.add_metric(key, row["breaks"])
            money.add_metric(key, float(row["exposure_amount"]))
            if row["break_type"].startswith("missing"):
                oldest.append(row["oldest_at"])
        yield from (count, money)
        yield GaugeMetricFamily(
            PREFIX + "oldest_unmatched_seconds",
            "Age of the oldest open break for a missing side; 0 when there is none",
            value=max(0.0, time.time() - min(oldest)) if oldest else 0.0,
        )

    def _gather_batches(self, connection: psycopg.Connection[Any]) -> Iterator[Metric]:
        rows = self._read_rows(connection, "metrics/count_unfinished")
        labels = ["feed", "status"]
        count = GaugeMetricFamily(
            PREFIX + "unfinished_batches", "Batches on their way", labels=labels
        )
        age = GaugeMetricFamily(
            PREFIX + "unfinished_batches_oldest_seconds", "Age of the oldest of them", labels=labels
        )
        for row in rows:
            count.add_metric([row["feed"], row["status"]], row["batches"])
            age.add_metric([row["feed"], row["status"]], row["oldest_seconds"])
        yield from (count, age)
        yield GaugeMetricFamily(
            PREFIX + "stopped_batches",
            "Batches that wait for a person",
            value=sum(row["batches"] for row in rows if row["status"] == "STOPPED"),
        )

    def _gather_alerts(self, connection: psycopg.Connection[Any]) -> Iterator[Metric]:
        alerts = CounterMetricFamily(PREFIX + "alerts", "Alerts raised", labels=["kind"])
        deliveries = GaugeMetricFamily(
            PREFIX + "alert_deliveries",
            "Deliveries of alerts by what became of them",
            labels=["channel", "state"],
        )
        for row in self._read_rows(connection, "metrics/count_alerts"):
            if row["what"] == "alerts":
                alerts.add_metric([row["name"]], row["n"])
            else:
                deliveries.add_metric([row["name"], row["state"]], row["n"])
        yield from (alerts, deliveries)

    def _read_rows(self, connection: psycopg.Connection[Any], name: str) -> list[dict[str, Any]]:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute(read_statement(name)).fetchall()


def counter(
    name: str, text: str, labels: list[str], sums: Sums, figure: int = 0
) -> CounterMetricFamily:
    """A counter of one of the figures of a sum."""
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for key, figures in sorted(sums.items()):
        family.add_metric(key, figures[figure])
    return family
