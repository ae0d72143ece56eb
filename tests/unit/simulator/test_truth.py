"""The truth on disk: runs add up, the same run overwrites, contradicting ones are refused."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest

from posttrade.errors import ConfigurationError
from posttrade.simulator.truth import TruthWriter, read_planted

from .conftest import DAY, Simulation


def test_an_unsimulated_date_has_no_truth(simulation: Simulation) -> None:
    simulation.run()
    assert read_planted(simulation.truth_dir, DAY + dt.timedelta(days=1)) is None


def test_runs_of_different_seeds_add_up(simulation: Simulation) -> None:
    _, first = simulation.run(seed=1)
    _, second = simulation.run(seed=2, trades=300)
    assert first.planted_once == second.planted_once == {"standing_instruction_missing": 1}
    once = first.planted_once
    assert read_planted(simulation.truth_dir, DAY) == first.planted + second.planted + once
    summary = json.loads((simulation.truth_dir / DAY.isoformat() / "summary.json").read_text())
    assert summary["sent"] == first.sent + second.sent


def test_the_same_run_again_counts_once(simulation: Simulation) -> None:
    _, first = simulation.run()
    simulation.run()
    assert read_planted(simulation.truth_dir, DAY) == first.planted + first.planted_once


def test_the_same_seed_with_other_options_is_refused(simulation: Simulation) -> None:
    simulation.run(trades=100)
    with pytest.raises(ConfigurationError, match=r"other options \(trades\)"):
        simulation.run(trades=200)


def test_a_run_that_breaks_off_leaves_the_truth_as_it_was(simulation: Simulation) -> None:
    simulation.run(seed=1)
    before = read_planted(simulation.truth_dir, DAY)
    with (
        pytest.raises(RuntimeError),
        TruthWriter(simulation.truth_dir, DAY, 2, {"trades": "1"}) as truth,
    ):
        truth.tally.planted = Counter(price_mismatch=1)
        raise RuntimeError
    assert read_planted(simulation.truth_dir, DAY) == before
