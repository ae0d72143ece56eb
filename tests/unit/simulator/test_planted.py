"""What the simulator says it planted is what the rules find in its messages."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from .conftest import DAY, UNREST, Simulation
from .oracle import count_breaks, read_record

TYPES = {
    "quantity_mismatch",
    "price_mismatch",
    "timestamp_mismatch",
    "pnl_mismatch",
    "missing_confirmation",
    "missing_execution",
    "missing_pnl_snapshot",
    "duplicate_execution",
    "duplicate_confirmation",
    "duplicate_pnl_snapshot",
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("unrest", [{}, UNREST], ids=["calm", "unrest"])
@pytest.mark.parametrize("short_contract", ["0", "2%", "100%"])
def test_planted_is_what_the_rules_find(
    simulation: Simulation, seed: int, unrest: dict[str, Any], short_contract: str
) -> None:
    messages, tally = simulation.run(
        trades=2000, seed=seed, break_rate="10%", short_contract=short_contract, **unrest
    )
    assert count_breaks(messages) == tally.planted


@pytest.mark.parametrize("trades", [7, 50, 500])
def test_every_type_is_planted_even_in_a_small_day(simulation: Simulation, trades: int) -> None:
    _, tally = simulation.run(trades=trades)
    assert set(tally.planted) == TYPES


@pytest.mark.parametrize(
    ("break_rate", "count"), [("1", 1), ("3", 3), ("0.1%", 1), ("0.00001", 1), ("0.4%", 4)]
)
def test_a_tiny_break_rate_is_kept(simulation: Simulation, break_rate: str, count: int) -> None:
    _, tally = simulation.run(trades=1000, break_rate=break_rate)
    assert count <= sum(tally.planted.values()) <= 4 * count  # a trade may break several rules


def test_no_break_rate_no_breaks(simulation: Simulation) -> None:
    messages, tally = simulation.run(trades=1000, break_rate="0", **UNREST)
    assert not tally.planted
    assert not count_breaks(messages)


def test_counts_asked_for_come_out_exactly(simulation: Simulation) -> None:
    _, tally = simulation.run(
        trades=1000, corrections="13", cancellations="17", late="19", out_of_order="23",
        duplicates="29",
    )  # fmt: skip
    assert tally.noted == {"corrected": 13, "cancelled": 17, "late": 19, "out_of_order": 23}
    assert sum(tally.duplicates.values()) == 29


def test_duplicates_are_the_same_bytes_once_more(simulation: Simulation) -> None:
    messages, tally = simulation.run(trades=1000, duplicates="5%")
    extra = Counter((m.topic, m.payload) for m in messages)
    again = Counter(topic for (topic, _), count in extra.items() for _ in range(count - 1))
    assert again == tally.duplicates


def test_quiet_trades_sit_on_the_bounds(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=2000, break_rate="0", short_contract="0")
    by_side: dict[str, dict[str, dict[str, Any]]] = {}
    for message in messages:
        record = read_record(message.payload)
        assert record is not None
        by_side.setdefault(message.topic, {})[record["trade_id"]] = record
    pairs = [
        (by_side["executions"][trade_id], confirmation)
        for trade_id, confirmation in by_side["broker_confirmations"].items()
    ]
    price_deltas = Counter(str(abs(a["price"] - b["price"]).normalize()) for a, b in pairs)
    assert set(price_deltas) == {"0", "0.005"}
    assert price_deltas["0.005"] > 100
    drifts = [
        abs(_milliseconds(b["confirmed_at"]) - _milliseconds(a["executed_at"])) for a, b in pairs
    ]
    assert max(drifts) == 100
    assert drifts.count(100) > 100


def _milliseconds(instant: str) -> int:
    hours, minutes, seconds = instant[11:-1].split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds.replace(".", ""))


def test_the_truth_names_each_broken_trade(simulation: Simulation) -> None:
    _, tally = simulation.run(trades=500, **UNREST)
    lines = (simulation.truth_dir / DAY.isoformat() / "seed-1.ndjson").read_text().splitlines()
    planted = Counter(kind for line in lines for kind in json.loads(line).get("planted", []))
    assert planted == tally.planted
