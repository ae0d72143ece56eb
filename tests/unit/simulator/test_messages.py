"""The messages themselves: exact numbers, identities, contracts, a plausible day."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from posttrade.errors import ConfigurationError
from posttrade.simulator import Share
from posttrade.simulator.catalogue import read_catalogue
from posttrade.simulator.messages import decimal_text

from .conftest import DAY, UNREST, Simulation
from .oracle import read_record

CONTRACTS = Path(__file__).resolve().parents[3] / "include" / "contracts"


def test_same_seed_same_bytes(simulation: Simulation) -> None:
    unrest = {**UNREST, "malformed": "50", "hostile": "50"}
    assert simulation.run(**unrest)[0] == simulation.run(**unrest)[0]
    assert simulation.run(seed=2)[0] != simulation.run(seed=3)[0]


def test_trade_ids_differ_by_date_and_seed(simulation: Simulation) -> None:
    days = [
        simulation.run(trades=50, seed=seed, business_date=date, front_trades="50")[0]
        for seed in (1, 11, 1000)
        for date in (DAY, DAY + dt.timedelta(days=1))
    ]
    ids = [{message.key for message in messages} for messages in days]
    assert len(set().union(*ids)) == sum(len(each) for each in ids)


def test_a_message_says_its_contract_and_keeps_it(simulation: Simulation) -> None:
    schemas = {path.name: json.loads(path.read_text()) for path in CONTRACTS.glob("*.json")}
    messages, _ = simulation.run(short_contract="50%", **UNREST)
    seen = set()
    for message in messages:
        ((header, version),) = message.headers
        assert header == "contract-version"
        schema = schemas[f"{message.topic}.v{version.decode()}.schema.json"]
        record = read_record(message.payload)
        assert record is not None
        assert set(schema["required"]) <= set(record) <= set(schema["properties"])
        for name, value in record.items():
            assert value in schema["properties"][name].get("enum", [value])
        assert str(record["trade_id"]) == message.key
        seen.add(schema["$id"])
    assert len(seen) == 8


def test_a_full_execution_has_twenty_attributes(simulation: Simulation) -> None:
    messages, _ = simulation.run(short_contract="0", front_trades="0")
    records = [read_record(m.payload) for m in messages if m.topic == "executions"]
    assert {len(record or {}) for record in records} == {20}


def test_notional_is_quantity_times_price(simulation: Simulation) -> None:
    messages, _ = simulation.run(short_contract="0", corrections="20%")
    for message in messages:
        record = read_record(message.payload)
        assert record is not None
        if "notional" in record:
            assert record["notional"] == record["quantity"] * record["price"]
            assert min(record[f"{fee}_fee"] for fee in ("brokerage", "clearing", "exchange")) >= 0
            assert record["settlement_date"] >= record["trade_date"]
            assert isinstance(record["price"], Decimal)


def test_a_day_has_five_asset_classes_and_eight_counterparties(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=2000)
    seen = defaultdict(set)
    for message in messages:
        for name, value in (read_record(message.payload) or {}).items():
            if name in ("asset_class", "counterparty", "account", "strategy", "currency", "venue"):
                seen[name].add(value)
    assert seen["asset_class"] == {"EQUITY", "BOND", "DERIVATIVE", "FX", "COMMODITY"}
    assert len(seen["counterparty"]) >= 8
    assert {"USD", "EUR", "GBP", "JPY"} <= seen["currency"]
    assert len(seen["account"]) >= 5
    assert len(seen["strategy"]) >= 5


def test_volume_is_highest_at_open_and_close(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=20_000, short_contract="0", break_rate="0")
    new_york = {
        instrument.symbol
        for session in read_catalogue().sessions
        if session.timezone == "America/New_York"
        for instrument in session.instruments
        if instrument.asset_class == "EQUITY"
    }
    hours: Counter[str] = Counter()
    for message in messages:
        record = read_record(message.payload) if message.topic == "executions" else None
        if record and record["symbol"] in new_york:
            hours[record["executed_at"][11:13]] += 1
    assert hours["20"] > 1.5 * hours["17"]  # the last hour against noon, New York
    assert set(hours) <= {f"{hour:02d}" for hour in range(14, 21)}


def test_positions_stay_near_flat(simulation: Simulation) -> None:
    messages, _ = simulation.run(trades=20_000, short_contract="0", break_rate="0")
    net: Counter[tuple[str, str, str]] = Counter()
    gross: Counter[tuple[str, str, str]] = Counter()
    for message in messages:
        record = read_record(message.payload) if message.topic == "executions" else None
        if record:
            book = (record["account"], record["strategy"], record["symbol"])
            quantity = int(record["quantity"])
            net[book] += quantity if record["side"] == "BUY" else -quantity
            gross[book] += quantity
    assert sum(abs(each) for each in net.values()) < 0.25 * sum(gross.values())


def test_decimal_text_is_exact() -> None:
    assert decimal_text(15050, 2) == "150.50"
    assert decimal_text(-5, 3) == "-0.005"
    assert decimal_text(10**20 + 1, 5) == "1000000000000000.00001"


@pytest.mark.parametrize(
    ("text", "count"), [("0.02", 20), ("2%", 20), ("50", 50), ("0", 0), ("1", 1), ("100%", 1000)]
)
def test_shares_and_counts(text: str, count: int) -> None:
    assert Share.parse(text).count_of(1000) == count


@pytest.mark.parametrize("text", ["-1", "1.5", "150%", "many", "NaN", ""])
def test_nonsense_shares_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Share.parse(text)


def test_more_special_trades_than_trades_is_refused(simulation: Simulation) -> None:
    with pytest.raises(ConfigurationError, match="of 10 in all"):
        simulation.run(trades=10, corrections="9", cancellations="9")
