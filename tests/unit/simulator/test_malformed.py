"""Bad messages: each breaks its contract, none is taken for a trade."""

from __future__ import annotations

import json
from collections import Counter

from posttrade.simulator.malformed import HOSTILE, LARGE, LARGE_BYTES, MALFORMED

from .conftest import DAY, Simulation
from .oracle import count_breaks


def test_every_kind_comes_on_every_feed(simulation: Simulation) -> None:
    messages, tally = simulation.run(trades=200, malformed="200", hostile="200")
    bad = [message for message in messages if (message.key or "").startswith("BAD-")]
    assert len(bad) == 400
    assert set(tally.malformed) == set(MALFORMED)
    assert set(tally.hostile) == set(HOSTILE) | set(LARGE)
    assert min(Counter(message.topic for message in bad).values()) > 50
    path = simulation.truth_dir / DAY.isoformat() / "seed-1.ndjson"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    truth = {
        (line.get("malformed") or line["hostile"], line["topic"])
        for line in lines
        if "malformed" in line or "hostile" in line
    }
    wanted = {(kind, topic) for kind in [*MALFORMED, *HOSTILE] for topic in
              ("executions", "broker_confirmations", "pnl_snapshot", "trades")}  # fmt: skip
    assert wanted <= truth


def test_large_messages_are_few(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=300, hostile="300")
    large = [message for message in messages if len(message.payload or b"") >= LARGE_BYTES]
    assert 1 <= len(large) <= 4


def test_bad_messages_change_nothing_else(simulation: Simulation) -> None:
    calm, _ = simulation.run(seed=4)
    simulation.truth_dir = simulation.truth_dir / "mixed"
    mixed, tally = simulation.run(seed=4, malformed="200", hostile="200")
    good = [message for message in mixed if not (message.key or "").startswith("BAD-")]
    assert good == calm
    assert count_breaks(good) == tally.planted


def test_there_may_be_more_bad_messages_than_trades(simulation: Simulation) -> None:
    messages, tally = simulation.run(trades=300, malformed="1000", hostile="1000")
    assert sum(tally.malformed.values()) == sum(tally.hostile.values()) == 1000
    assert sum((message.key or "").startswith("BAD-") for message in messages) == 2000
