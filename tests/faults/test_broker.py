"""Kafka goes away under the capture and under those who send, and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.brokers import KafkaCluster
from tests.faults.conftest import lay_cluster
from tests.faults.scene import Scene


def test_broker_is_frozen(fault: Scene) -> None:
    """The broker is silent for seconds, its connections open."""
    node = fault.kafka.nodes[0]
    with fault.traffic(trades=1200, rate=300):
        capture = fault.start_capture()
        for _ in fault.times(3):
            fault.pause(0.5, 2.0)
            node.freeze()
            fault.pause(1.0, 6.0)
            node.thaw()
    capture.finish()
    fault.check_books()


def test_broker_is_killed(fault: Scene) -> None:
    """Kill -9 of the broker, and its restart."""
    node = fault.kafka.nodes[0]
    with fault.traffic(trades=1200, rate=300):
        capture = fault.start_capture()
        for _ in fault.times(3):
            fault.pause(0.5, 2.5)
            node.kill()
            fault.pause(0.0, 3.0)
            fault.kafka.start()
    capture.finish()
    fault.check_books()


def test_broker_is_gone_for_longer(fault: Scene) -> None:
    """The broker is gone for longer than anybody waits for it."""
    with fault.traffic(trades=600, rate=300):
        capture = fault.start_capture()
        for _ in fault.times(1):
            fault.pause(0.5, 2.0)
            fault.kafka.nodes[0].kill()
            fault.pause(25.0, 30.0)
            fault.kafka.start()
    capture.finish()
    assert capture.errors(), "the capture should have said that the broker is away"
    fault.check_books()


class TestThreeBrokers:
    """Replicated three times; two in sync are enough to go on."""

    @pytest.fixture
    def kafka(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
        cluster = lay_cluster(tmp_path_factory.mktemp("kafka_of_three"), node_count=3)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()

    def test_one_of_three_is_lost(self, fault: Scene) -> None:
        """One of three brokers is killed while messages are sent and captured."""
        with fault.traffic(trades=1200, rate=250):
            capture = fault.start_capture()
            for _ in fault.times(3):
                node = fault.random.choice(fault.kafka.nodes)
                node.kill()
                fault.pause(1.0, 4.0)
                fault.kafka.start()
        capture.finish()
        fault.check_books()
