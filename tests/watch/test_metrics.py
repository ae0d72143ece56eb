"""What Prometheus is told: true to the tables, complete while parts are away, right over time."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from posttrade.instance import choose_ports
from posttrade.metrics import totals
from posttrade.metrics.server import make_registry, print_metrics
from posttrade.metrics.sources import Sources

from .conftest import DATE, Books

Samples = dict[tuple[str, ...], float]
BATCH = """
    insert into landing.batches (feed, status, message_count, staged_count, reject_count, run_id,
        finished_at, last_message_at, drained_at)
    values (%s, %s, 10, 9, 1, 'r', now(), now() - interval '2 seconds', now() - interval '1 second')
"""
STEP = """
    insert into control.step_runs (step, run_id, started_at, finished_at, outcome)
    values ('trade_capture/drain_feeds', 'r', now() - interval '2 seconds', now(), %s)
"""
REJECT = """
    insert into landing.rejects (feed, topic, partition, message_offset, batch_id, business_date,
        stage, reason, detail)
    values ('trades', 'trades', 0, %s, 1, '2026-11-19', 'contract', 'not_json', 'x')
"""


@pytest.fixture
def airflow() -> Iterator[str]:
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            facts = {"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}}
            self.wfile.write(json.dumps(facts).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def sources(books: Books, airflow: str, tmp_path: Path) -> Sources:
    fill = tmp_path / "fill.json"
    fill.write_text('{"topics": {"trades": {"fullest_partition": 0.25}}}', encoding="utf-8")
    return Sources(books.dsn, books.kafka_config, airflow, fill)


def scrape(sources: Sources) -> Samples:
    found = {}
    for family in text_string_to_metric_families(print_metrics(sources)):
        for sample in family.samples:
            labels = [value for _, value in sorted(sample.labels.items())]
            key = (sample.name.removeprefix("posttrade_"), *labels)
            assert key not in found
            found[key] = sample.value
    return found


def test_every_table_is_told(books: Books, sources: Sources) -> None:
    books.run(BATCH, "trades", "RECONCILED")
    books.run(BATCH, "trades", "STOPPED")
    books.run("insert into landing.batch_ranges values (1, 'trades', 0, 0, 20, 10, 4, 6)")
    books.run("insert into landing.offsets values ('trades', 0, 20)")
    books.run(STEP, "DONE")
    books.run(STEP, "FAILED")
    for offset in range(3):
        books.run(REJECT, offset)
    books.open_breaks(["T1", "T2"], "missing_confirmation", "100.25")
    books.run("update recon.breaks set opened_at = now() - interval '1 hour'")
    books.run("insert into report.versions values (%s, 1, 'h', null, '{}', '[]', 'r', now())", DATE)
    books.look()
    found = scrape(sources)
    assert found["messages_total", "trades"] == 20
    assert found["rejects_total", "trades", "not_json", "contract"] == 3
    assert found["step_runs_total", "DONE", "trade_capture/drain_feeds"] == 1
    assert found["step_runs_total", "FAILED", "trade_capture/drain_feeds"] == 1
    assert found["step_seconds_total", "DONE", "trade_capture/drain_feeds"] == pytest.approx(2)
    assert found["step_duration_seconds", "0.95", "trade_capture/drain_feeds"] == pytest.approx(2)
    assert found["batch_delay_seconds", "trades", "0.5"] == pytest.approx(2)
    assert found["open_breaks", "missing_confirmation", "USD"] == 2
    assert found["open_breaks_exposure", "missing_confirmation", "USD"] == 200.5
    assert found[("oldest_unmatched_seconds",)] == pytest.approx(3600, abs=60)
    assert found[("stopped_batches",)] == 1
    assert found["stored_offset", "0", "trades"] == 20
    assert found["stored_messages_total", "0", "trades"] == 10
    assert found["lost_offsets_total", "0", "trades"] == 6
    assert found["offset_drift", "0", "trades"] == 0
    assert found["missing_rows", "0", "trades"] == 10, "no raw message is stored in this test"
    assert found[("last_close_timestamp_seconds",)] > 1.7e9
    assert found[("watch_last_round_timestamp_seconds",)] > 1.7e9
    assert found["alerts_total", "batch_stopped"] == 1
    assert found["embedded_broker_fill_ratio", "trades"] == 0.25
    assert found["up", "airflow_scheduler"] == 1
    assert found["up", "airflow_triggerer"] == 0
    assert found["up", "database"] == found["up", "broker"] == 1
    assert found["kafka_end_offset", "0", "trades"] >= 0
    assert ("lag_messages", "0", "trades") in found


def test_what_is_away_is_told_and_the_rest_too(books: Books) -> None:
    port = choose_ports(("nobody",))["nobody"]
    away = Sources(
        f"host=127.0.0.1 port={port} dbname=x", {"bootstrap.servers": f"127.0.0.1:{port}"},
        f"http://127.0.0.1:{port}",
    )  # fmt: skip
    found = scrape(away)
    assert found["up", "database"] == found["up", "broker"] == 0
    assert found["up", "airflow_api_server"] == 0
    found = scrape(Sources(books.dsn, away.kafka_config, away.airflow_url))
    assert found["up", "database"] == 1
    assert found[("stopped_batches",)] == 0


def test_totals_are_kept_and_stay_true(
    books: Books, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "OPEN_ROWS", dict.fromkeys(totals.OPEN_ROWS, 2))
    monkeypatch.setattr("posttrade.metrics.collector.KEPT_S", 0)
    registry = make_registry(sources)

    def count() -> float | None:
        return registry.get_sample_value("posttrade_messages_total", {"feed": "trades"})

    for number in range(1, 8):
        books.run(BATCH, "trades", "RECONCILED")
        assert count() == 10 * number
    books.run("delete from landing.batches where batch_id = 1")
    assert count() == 70, "what is settled is not summed anew"


def test_the_dashboard_shows_metrics_that_exist(books: Books, sources: Sources) -> None:
    import re

    from posttrade.instance import REPOSITORY

    text = (REPOSITORY / "deploy/grafana/dashboards/posttrade.json").read_text(encoding="utf-8")
    rules = (REPOSITORY / "deploy/prometheus/rules.yml").read_text(encoding="utf-8")
    shown = set(re.findall(r"posttrade_[a-z_]+", text + rules))
    told = {
        line.split()[2] for line in print_metrics(sources).splitlines() if line.startswith("# TYPE")
    }
    # these have a value only after a first close, round, drain or message
    told |= {
        "posttrade_last_close_timestamp_seconds",
        "posttrade_watch_last_round_timestamp_seconds",
        "posttrade_last_drain_timestamp_seconds",
        "posttrade_outbox_oldest_seconds",
    }
    assert shown - told == set()
