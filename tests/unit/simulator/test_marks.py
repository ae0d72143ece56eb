"""Official closing marks: of the date and the days before it, whatever else is simulated."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

from posttrade.contracts.schema import read_contract
from posttrade.contracts.staging import StagingWriter
from posttrade.feeds import FEEDS
from posttrade.sending import Message
from posttrade.simulator.catalogue import read_catalogue

from .conftest import DAY, Simulation
from .test_against_contracts import arrive, read_sources

SYMBOLS = len(read_catalogue().instruments)


def marks_of(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.topic == "marks"]


def test_none_unless_asked_for(simulation: Simulation) -> None:
    assert marks_of(simulation.run(trades=10)[0]) == []


def test_one_for_each_instrument_and_session(simulation: Simulation) -> None:
    messages, tally = simulation.run(trades=10, mark_days=5)
    found = [
        json.loads(message.payload or b"", parse_float=Decimal) for message in marks_of(messages)
    ]
    assert tally.sent["marks"] == len(found) == 5 * SYMBOLS
    dates = sorted({mark["trade_date"] for mark in found})
    # a Thursday and the four sessions before it
    assert dates == ["2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
    assert len({(mark["trade_date"], mark["symbol"]) for mark in found}) == len(found)
    assert all(mark["price"] > 0 for mark in found)


def test_they_depend_on_the_date_alone(simulation: Simulation) -> None:
    first, _ = simulation.run(trades=10, mark_days=3)
    second, _ = simulation.run(trades=20, seed=2, mark_days=3)
    later, _ = simulation.run(trades=10, mark_days=4, business_date=DAY + dt.timedelta(days=1))
    assert marks_of(first) == marks_of(second) == marks_of(later)[: 3 * SYMBOLS]


def test_the_feed_takes_them_all(simulation: Simulation) -> None:
    messages = marks_of(simulation.run(trades=10, mark_days=2)[0])
    writer = StagingWriter(read_contract(FEEDS["marks"]), read_sources(), dt.date(2027, 12, 31))
    staged = writer.stage(arrive(messages), batch_id=1)
    assert (staged.row_count, staged.rejects) == (len(messages), [])
