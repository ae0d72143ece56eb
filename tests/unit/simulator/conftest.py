from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from posttrade.sending import Message
from posttrade.simulator import Share, SimulationOptions, stream_day
from posttrade.simulator.truth import Tally, TruthWriter

DAY = dt.date(2026, 11, 19)
UNREST = {
    "duplicates": "3%",
    "late": "3%",
    "out_of_order": "5%",
    "corrections": "2%",
    "cancellations": "2%",
}


class Simulation:
    """Makes days in memory."""

    def __init__(self, folder: Path) -> None:
        self.truth_dir = folder

    def options(self, **values: Any) -> SimulationOptions:
        shares = {
            name: Share.parse(value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        return SimulationOptions(**{"business_date": DAY, "trades": 500, **shares})

    def run(self, **values: Any) -> tuple[list[Message], Tally]:
        options = self.options(**values)
        with TruthWriter(
            self.truth_dir, options.business_date, options.seed, options.content()
        ) as truth:
            return list(stream_day(options, truth)), truth.tally


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    return Simulation(tmp_path)
