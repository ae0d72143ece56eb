"""The product's own reading of simulated messages: each good one a row, each bad one a reject."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from posttrade.contracts.message import stated_version
from posttrade.contracts.rows import Arrivals, Source
from posttrade.contracts.schema import read_contract
from posttrade.contracts.staging import StagingWriter
from posttrade.feeds import FEEDS
from posttrade.sending import Message
from posttrade.simulator.catalogue import REFERENCE_DATA

from .conftest import UNREST, Simulation

ARRIVED_AT = "2026-11-20 08:00:00+00:00"


def read_sources() -> dict[str, Source]:
    with (REFERENCE_DATA / "sources.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["source_id"]: Source(
                row["source_id"], row["timezone"], row["currency"], row["counterparty_id"]
            )
            for row in csv.DictReader(file)
        }


def arrive(messages: list[Message]) -> Arrivals:
    headers = [dict(message.headers).get("contract-version") for message in messages]
    return Arrivals(
        partitions=[0] * len(messages),
        offsets=list(range(len(messages))),
        arrived_at=[ARRIVED_AT] * len(messages),
        versions=[
            stated_version(header, message.payload)
            for header, message in zip(headers, messages, strict=True)
        ],
        payloads=[message.payload for message in messages],
    )


@pytest.mark.parametrize("feed", FEEDS)
def test_bad_messages_are_rejects_and_only_they(simulation: Simulation, feed: str) -> None:
    messages, _ = simulation.run(
        trades=400, malformed="200", hostile="200", short_contract="10%", **UNREST
    )
    own = [message for message in messages if message.topic == feed]
    is_bad = [(message.key or "").startswith("BAD-") for message in own]
    writer = StagingWriter(read_contract(FEEDS[feed]), read_sources(), dt.date(2027, 12, 31))
    staged = writer.stage(arrive(own), batch_id=1)
    refused = {reject.offset: reject.reason for reject in staged.rejects}
    taken_in = [own[n] for n, bad in enumerate(is_bad) if bad and n not in refused]
    turned_away = {refused[n]: own[n] for n, bad in enumerate(is_bad) if not bad and n in refused}
    assert taken_in == []
    assert turned_away == {}
    assert staged.row_count == is_bad.count(False)
