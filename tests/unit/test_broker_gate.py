"""The account that the gate before the embedded broker keeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from posttrade.embedded import broker_gate
from posttrade.embedded.broker_gate import FULL, Gate
from posttrade.embedded.produce import Append, ProduceRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

MEGABYTE = 1024 * 1024


class Broker:
    """What the gate was told to forget, and what it is told is drained."""

    def __init__(self) -> None:
        self.drained: dict[tuple[str, int], int] = {}
        self.forgotten: list[tuple[str, int, int]] = []

    def gate(self) -> Gate:
        def read() -> Mapping[tuple[str, int], int]:
            return self.drained

        return Gate(("127.0.0.1", 1), {"t": 1}, read, lambda *what: self.forgotten.append(what))


def request(size: int, records: int = 10) -> ProduceRequest:
    return ProduceRequest(1, 7, True, (Append("t", 0, size, records),))


def store(gate: Gate, size: int, base: int) -> int | None:
    wanted = request(size)
    refusal = asyncio.run(gate.find_refusal(wanted))
    if refusal is None:
        gate.reserve(wanted)
        gate.settle(wanted, {("t", 0): base})
    return refusal


def ask(gate: Gate, sequence: int, size: int, epoch: int = 0, producer: int = 7) -> int | None:
    wanted = ProduceRequest(1, 7, True, (Append("t", 0, size, 10, producer, epoch, sequence),))
    return asyncio.run(gate.find_refusal(wanted))


def test_room_is_made_for_a_large_batch_also_below_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_gate, "TRIM_INTERVAL_S", 0)
    broker = Broker()
    gate = broker.gate()
    assert store(gate, 2 * MEGABYTE, 0) is None
    assert gate.rooms["t", 0].fill < broker_gate.TRIM_FROM
    assert store(gate, 4 * MEGABYTE, 10) == FULL  # nothing is drained yet
    broker.drained["t", 0] = 10
    assert store(gate, 4 * MEGABYTE, 10) is None
    assert broker.forgotten == [("t", 0, 10)]


def test_an_end_is_noted_when_the_broker_has_answered() -> None:
    gate = Broker().gate()
    noted: list[tuple[str, int, int]] = []
    gate.note_end = lambda *place: noted.append(place)
    store(gate, 100, 5)
    assert noted == [("t", 0, 15)]


def test_a_later_batch_waits_for_the_one_that_was_refused() -> None:
    broker = Broker()
    gate = broker.gate()
    assert store(gate, 4 * MEGABYTE, 0) is None
    assert ask(gate, 10, 2 * MEGABYTE) == FULL
    assert ask(gate, 20, 1) == FULL  # would fit, but would pass for an answer to both
    assert ask(gate, 20, 1, producer=8) is None
    assert ask(gate, 0, 1, epoch=1) is None  # begun anew: nothing is owed any more
    assert ask(gate, 0, 1) is None  # an earlier one again: the broker knows it
    assert ask(gate, 20, 1) == FULL
    assert ask(gate, 10, 1) is None  # what was owed, smaller now
    assert ask(gate, 20, 1) is None


def test_what_was_refused_may_come_again_when_there_is_room() -> None:
    broker = Broker()
    gate = broker.gate()
    assert store(gate, 4 * MEGABYTE, 0) is None
    assert ask(gate, 2**31 - 5, 2 * MEGABYTE) == FULL
    assert ask(gate, 5, 1) == FULL  # sequences begin again at 0
    broker.drained = {("t", 0): 10}
    gate._trimmed_at = 0.0
    assert ask(gate, 2**31 - 5, 2 * MEGABYTE) is None
    assert ask(gate, 5, 1) is None


def test_what_is_on_its_way_counts_too() -> None:
    gate = Broker().gate()
    for _ in range(5):
        gate.reserve(request(MEGABYTE))
    assert asyncio.run(gate.find_refusal(request(1))) == FULL
    assert gate.refused == 1


def test_what_the_broker_refused_gives_its_room_back() -> None:
    gate = Broker().gate()
    wanted = request(4 * MEGABYTE)
    gate.reserve(wanted)
    gate.settle(wanted, {})
    assert gate.describe_fill() == {"t": {"bytes": 0, "fullest_partition": 0.0}}


def test_only_drained_batches_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_gate, "TRIM_INTERVAL_S", 0)
    broker = Broker()
    gate = broker.gate()
    for number in range(5):
        assert store(gate, MEGABYTE, number * 10) is None
    broker.drained = {("t", 0): 9}  # the first batch holds 0 to 9: not yet all of it
    assert store(gate, MEGABYTE, 50) == FULL
    assert broker.forgotten == []
    broker.drained = {("t", 0): 25}
    assert store(gate, MEGABYTE, 50) is None
    assert broker.forgotten == [("t", 0, 20)]


def test_below_half_nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_gate, "TRIM_INTERVAL_S", 0)
    broker = Broker()
    broker.drained = {("t", 0): 10}
    gate = broker.gate()
    assert [store(gate, MEGABYTE, number * 10) for number in range(2)] == [None, None]
    assert broker.forgotten == []


def test_many_small_batches_fill_a_partition_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_gate, "BATCHES_MAX", 3)
    gate = Broker().gate()
    assert [store(gate, 1, number) for number in range(4)] == [None, None, None, FULL]
