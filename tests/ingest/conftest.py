"""A broker of each test's own, so that every offset in it is the test's."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer

from posttrade.topics import TOPICS
from tests.conftest import EmbeddedBroker

PARTITIONS = 3


@dataclasses.dataclass
class Feeds:
    """Sends to the broker and asks the database."""

    broker: EmbeddedBroker
    dsn: str

    @property
    def kafka_config(self) -> dict[str, Any]:
        return {"bootstrap.servers": self.broker.bootstrap_servers, "group.id": "posttrade"}

    def send(
        self,
        topic: str,
        payloads: list[bytes | None],
        *,
        headers: list[tuple[str, bytes | None]] | None = None,
        partition: int | None = None,
        key: bytes | None = None,
    ) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.broker.bootstrap_servers,
                "message.max.bytes": 4 * 1024 * 1024,
                "compression.type": "zstd",
            }
        )
        failures: list[Any] = []
        for number, payload in enumerate(payloads):
            producer.produce(
                topic,
                payload,
                key=key or (None if number % 5 == 0 else f"k{number}"),
                headers=headers or [],
                partition=number % PARTITIONS if partition is None else partition,
                on_delivery=lambda error, _message: failures.append(error) if error else None,
            )
            producer.poll(0)
        assert producer.flush(60) == 0
        assert not failures

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query, values).fetchall()

    def count(self, table: str) -> int:
        return int(self.ask(f"select count(*) from {table}")[0][0])  # noqa: S608


@pytest.fixture
def feeds(own_broker: EmbeddedBroker, trade_dsn: str) -> Iterator[Feeds]:
    own_broker.start({topic.name: PARTITIONS for topic in TOPICS})
    yield Feeds(own_broker, trade_dsn)


@pytest.fixture
def make_trade() -> Callable[..., bytes]:
    def make(number: int, **changes: Any) -> bytes:
        trade = {"trade_id": f"T{number}", "symbol": "AAPL", "quantity": 100, "price": 150.5}
        return json.dumps({**trade, "side": "BUY", "trade_date": "2026-11-20", **changes}).encode()

    return make
