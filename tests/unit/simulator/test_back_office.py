"""What goes wrong after a trade has matched is planted beside the day, and told in the truth."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal

import pytest

from posttrade.sending import Message
from posttrade.simulator.back_office import list_holdings

from .conftest import DAY, Simulation
from .oracle import count_breaks, read_record

EASTER_MONDAY = dt.date(2026, 4, 6)  # New York trades, Frankfurt does not settle


def test_it_is_planted_once_and_leaves_the_day_as_it_was(simulation: Simulation) -> None:
    plain, _ = simulation.run(trades=500)
    simulation.truth_dir /= "again"
    messages, tally = simulation.run(trades=500, back_office=True)
    assert [message for message in messages if message in plain] == plain
    own = Counter(["brokerage_fee_mismatch", "commission_mismatch", "settlement_fail"])
    assert tally.planted == count_breaks(messages) + own
    assert {"position_break": 1, "cash_break": 1}.items() <= tally.planted_once.items()
    lines = (simulation.truth_dir / DAY.isoformat() / "seed-1.ndjson").read_text().splitlines()
    told = [facts for facts in map(json.loads, lines) if "mishap" in facts]
    assert {kind for facts in told for kind in facts["planted"]} == {
        *own,
        "position_break",
        "cash_break",
    }


def test_a_sale_is_due_on_its_date_and_more_than_is_held(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=1, front_trades="0", back_office=True)
    (sale,) = [
        record
        for message in messages
        if message.topic == "executions"
        and (record := read_record(message.payload)).get("settlement_date") == DAY.isoformat()
    ]
    (held,) = [each for each in list_holdings(DAY) if each.account == sale["account"]]
    assert sale["side"] == "SELL"
    assert sale["symbol"] == held.asset
    assert 0 < held.quantity < Decimal(str(sale["quantity"]))


def test_statements_differ_from_the_holdings_where_the_truth_says(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=1, back_office=True)
    held = {(each.account, each.asset): each.quantity for each in list_holdings(DAY)}
    differing = {}
    for line in statement_lines(messages):
        asset, amount = line.get("symbol", line.get("currency")), line.get("quantity")
        if line.get("entry_type") == "CLOSING":
            amount = line["amount"]
        if amount is not None and (expected := held[line["account"], asset]) != amount:
            differing[asset] = amount - expected
    assert differing == {"SIE.DE": -10, "USD": -25}


def test_statements_of_other_seeds_are_the_same_bytes(simulation: Simulation) -> None:
    first, _ = simulation.run(trades=1, back_office=True, seed=1)
    second, _ = simulation.run(trades=1, back_office=True, seed=2)
    own = [[m for m in messages if m.topic.startswith("custodian")] for messages in (first, second)]
    assert own[0] == own[1] != []


@pytest.mark.parametrize("date", [EASTER_MONDAY])
def test_nothing_is_due_on_a_day_on_which_its_market_is_closed(
    simulation: Simulation, date: dt.date
) -> None:
    _, tally = simulation.run(trades=1, back_office=True, business_date=date)
    assert "settlement_fail" not in tally.planted
    assert tally.planted["brokerage_fee_mismatch"] == 1


def statement_lines(messages: list[Message]) -> list[dict[str, object]]:
    return [
        json.loads(m.payload, parse_float=Decimal)
        for m in messages
        if m.topic.startswith("custodian") and m.payload
    ]
