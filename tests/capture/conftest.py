"""A trade database and a broker of the test's own, and series of rounds over both."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import psycopg
import pytest

from posttrade.capture_rounds import CaptureRounds, RoundLimits
from posttrade.simulator import Share, SimulationOptions, simulate_day
from posttrade.topics import TOPICS
from tests.conftest import EmbeddedBroker

BUSINESS_DATE = dt.date(2026, 11, 19)
BRIEFLY = RoundLimits(lasts_s=60, stopped_s=60, idle_s=1.0, round_s=0.05, poll_s=0.05)


@dataclasses.dataclass
class Desk:
    """What a series of rounds works on."""

    dsn: str
    broker: EmbeddedBroker
    folder: Path

    @property
    def kafka_config(self) -> dict[str, Any]:
        return {"bootstrap.servers": self.broker.bootstrap_servers}

    def send(self, trades: int, seed: int = 1) -> int:
        """Send a small day; how many messages that were."""
        options = SimulationOptions(
            BUSINESS_DATE, trades=trades, seed=seed, break_rate=Share.parse("0")
        )
        return simulate_day(self.kafka_config, options, truth_dir=self.folder).messages

    def rounds(self, run_id: str = "test", limits: RoundLimits = BRIEFLY) -> CaptureRounds:
        return CaptureRounds(self.dsn, self.kafka_config, run_id=run_id, limits=limits)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def desk(trade_dsn: str, own_broker: EmbeddedBroker, tmp_path: Path) -> Desk:
    own_broker.start({topic.name: topic.partitions for topic in TOPICS})
    return Desk(trade_dsn, own_broker, tmp_path / "truth")
