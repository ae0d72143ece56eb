"""A simulated day with everything in it, through Kafka and capture: found is planted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from posttrade.capture import promote_batches, reconcile_batches
from posttrade.close import reconcile_day
from posttrade.compliance.alerts import compare_with_planted
from posttrade.compliance.checks import check_compliance
from posttrade.compliance.ranking import rank_trades
from posttrade.drain import DrainLimits, drain_feeds
from posttrade.quality import validate_batches
from posttrade.settlement import (
    charge_fees,
    close_orders,
    instruct_day,
    settle_batches,
    settle_orders,
)
from posttrade.simulator import Share, SimulationOptions, simulate_day
from posttrade.simulator.truth import read_planted, read_suspicions
from posttrade.topics import TOPICS

if TYPE_CHECKING:
    from tests.conftest import EmbeddedBroker

DAY = dt.date(2026, 11, 19)
UNREST = {
    "break_rate": "10%",
    "duplicates": "3%",
    "late": "5%",
    "out_of_order": "5%",
    "corrections": "3%",
    "cancellations": "3%",
    "malformed": "60",
    "hostile": "60",
    "short_contract": "15%",
    "orders": "10%",
    "suspicions": "5",
}
SHARES = {name: Share.parse(text) for name, text in UNREST.items()}
SUSPICIOUS = {
    "restricted_instrument",
    "quantity_limit",
    "notional_limit",
    "potential_wash_trade",
    "potential_duplicate",
}
MOST_ALERTS = 40  # ten are planted
MOST_RANKED = 50  # include/reference_data/anomaly_policies.csv
# small enough that the three sides of many trades fall into different batches and drains
LIMITS = DrainLimits(messages_max=300, batches_per_feed_max=2)


@pytest.fixture
def kafka_config(own_broker: EmbeddedBroker) -> dict[str, Any]:
    own_broker.start({topic.name: topic.partitions for topic in TOPICS})
    return {
        "bootstrap.servers": own_broker.bootstrap_servers,
        "group.id": "test",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
    }


def capture_all(dsn: str, kafka_config: dict[str, Any]) -> None:
    """Drain, validate, promote and reconcile until nothing is left."""
    while batch_ids := drain_feeds(dsn, kafka_config, run_id="test", limits=LIMITS):
        validate_batches(dsn, batch_ids, run_id="test")
        promote_batches(dsn, batch_ids, run_id="test")
        reconcile_batches(dsn, batch_ids, run_id="test")
        settle_batches(dsn, batch_ids, run_id="test")
        settle_orders(dsn, run_id="test")


def read_breaks(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select break_type, count(*) from recon.all_breaks"
            " where business_date = %s and status = 'OPEN' group by break_type",
            (DAY,),
        ).fetchall()
    return dict(rows)


def read_fees(dsn: str) -> list[tuple[Any, ...]]:
    """Trades charged and not; and breaks of fees."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select charged_count > 0, not_computed_count > 0,"
            " (select count(*) from report.fee_breaks) from report.fee_coverage"
        ).fetchall()


def count_events(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from compliance.alert_events").fetchone()
    assert row is not None
    return int(row[0])


def read_ranking(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select rank, trade_id, score, components from report.top_anomalies order by rank"
        ).fetchall()


def count_rejects(dsn: str, stage: str) -> int:
    with psycopg.connect(dsn) as connection:
        query = "select count(*) from landing.rejects where stage = %s"
        row = connection.execute(query, (stage,)).fetchone()
    assert row is not None
    return int(row[0])


def test_planted_is_found_near_real_time_and_at_close(
    trade_dsn: str, kafka_config: dict[str, Any], tmp_path: Path
) -> None:
    for seed in (1, 2, 1):  # the first day once more: all of it duplicates
        options = SimulationOptions(DAY, trades=700, seed=seed, **SHARES)
        simulate_day(kafka_config, options, truth_dir=tmp_path)
    capture_all(trade_dsn, kafka_config)
    after_grace = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=5)
    reconcile_batches(trade_dsn, [], run_id="test", as_of=after_grace)
    settle_batches(trade_dsn, [], run_id="test", as_of=after_grace)
    settle_orders(trade_dsn, run_id="test", as_of=after_grace)
    planted = read_planted(tmp_path, DAY)
    assert planted is not None
    assert len(planted) == 15
    assert read_breaks(trade_dsn) == planted
    assert count_rejects(trade_dsn, "quality") == 0
    reconcile_day(trade_dsn, DAY, run_id="test")
    instruct_day(trade_dsn, DAY, run_id="test")
    close_orders(trade_dsn, DAY, run_id="test")
    assert read_breaks(trade_dsn) == planted
    # it books what its brokers' rates come to, and none is known for futures and options
    charge_fees(trade_dsn, DAY, run_id="test")
    assert read_fees(trade_dsn) == [(True, True, 0)]
    # what compliance must flag is flagged, and hardly anything else; by a rerun nothing changes
    for _ in ("first", "again"):
        assert check_compliance(trade_dsn, DAY, run_id="test").rows_out < MOST_ALERTS
    alerts = compare_with_planted(trade_dsn, DAY, read_suspicions(tmp_path, DAY))
    assert [rule for rule, counts in alerts.items() if counts["found"] != counts["planted"]] == []
    assert sum(counts["planted"] for counts in alerts.values()) == 2 * len(SUSPICIOUS)
    assert set(alerts) >= SUSPICIOUS
    assert count_events(trade_dsn) == 0
    rank_trades(trade_dsn, DAY, run_id="test")
    ranking = read_ranking(trade_dsn)
    assert [rank for rank, *_ in ranking] == list(range(1, MOST_RANKED + 1))
    rank_trades(trade_dsn, DAY, run_id="test")
    assert read_ranking(trade_dsn) == ranking


def test_the_close_alone_finds_what_was_planted(
    trade_dsn: str, kafka_config: dict[str, Any], tmp_path: Path
) -> None:
    simulate_day(kafka_config, SimulationOptions(DAY, trades=700, **SHARES), truth_dir=tmp_path)
    capture_all(trade_dsn, kafka_config)
    with psycopg.connect(trade_dsn) as connection:
        connection.execute(
            "truncate recon.single_matches, recon.match_sets, recon.match_set_exceptions,"
            " recon.breaks, recon.pending"
        )
    reconcile_day(trade_dsn, DAY, run_id="test")
    instruct_day(trade_dsn, DAY, run_id="test")
    close_orders(trade_dsn, DAY, run_id="test")
    assert read_breaks(trade_dsn) == read_planted(tmp_path, DAY)
