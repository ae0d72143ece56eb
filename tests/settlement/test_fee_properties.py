"""Any rates and any trades: what is charged is what an oracle in Python decimals says."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect

from .desk import TRADE_DATE, Desk
from .test_fees import RATE, add_rate, charge

ROUNDINGS = {"HALF_UP": ROUND_HALF_UP, "UP": ROUND_UP, "DOWN": ROUND_DOWN}
FIELDS = {"A": "brokerage_fee", "B": "clearing_fee", "C": "exchange_fee"}
SCOPES = (("account", 16), ("counterparty_id", 8), ("market_id", 4), ("asset_class", 2))

rates = st.fixed_dictionaries(
    {
        "fee_type": st.sampled_from(sorted(FIELDS)),
        "account": st.sampled_from([None, "EQ-PRIME"]),
        "counterparty_id": st.sampled_from([None, "ALDER"]),
        "market_id": st.sampled_from([None, "US"]),
        "asset_class": st.sampled_from([None, "EQUITY"]),
        "side": st.sampled_from([None, "BUY", "SELL"]),
        "basis": st.sampled_from(["NOTIONAL", "QUANTITY", "TRADE"]),
        "rate": st.decimals("-0.002", "0.02", places=7),
        "amount_min": st.sampled_from([None, Decimal("0.03"), Decimal("1.005")]),
        "amount_max": st.sampled_from([None, Decimal("1.005"), Decimal("7.775")]),
        "rounding": st.sampled_from(sorted(ROUNDINGS)),
        "rounding_digits": st.sampled_from([0, 2, 4]),
        "is_taxed": st.booleans(),
    }
)
trades = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["BUY", "SELL"]),
        "quantity": st.decimals("0.01", 5000, places=2).filter(bool),
        "price": st.decimals("-5", 3000, places=4),
        "account": st.sampled_from(["EQ-PRIME", "EQ-FLOW"]),
        "counterparty_id": st.sampled_from(["ALDER", "BRIAR"]),
    }
)
TAX = {
    **RATE,
    "fee_type": "TAX",
    "authority": "REVENUE",
    "booked_in": None,
    "basis": "CHARGES",
    "rate": Decimal("0.18"),
    "is_taxed": False,
}


def fits(rate: dict[str, Any], trade: dict[str, Any]) -> bool:
    known = {**trade, "market_id": "US", "asset_class": "EQUITY"}
    return all(
        rate[name] in (None, known[name]) for name in (*(name for name, _ in SCOPES), "side")
    )


def round_as(rate: dict[str, Any], amount: Decimal) -> Decimal:
    unit = Decimal(1).scaleb(-rate["rounding_digits"])
    return amount.quantize(unit, rounding=ROUNDINGS[rate["rounding"]])


def charge_one(rate: dict[str, Any], trade: dict[str, Any]) -> Decimal:
    notional = abs(trade["price"] * trade["quantity"])
    base = {"NOTIONAL": notional, "QUANTITY": trade["quantity"], "TRADE": Decimal(1)}
    amount = base[rate["basis"]] * rate["rate"]
    if rate["amount_min"] is not None:
        amount = max(amount, rate["amount_min"])
    if rate["amount_max"] is not None:
        amount = min(amount, rate["amount_max"])
    return round_as(rate, amount)


def expect(known: list[dict[str, Any]], trade: dict[str, Any]) -> dict[str, Decimal]:
    """Fees by type: of each the most specific rate that fits; and the tax on the taxed ones."""
    found: dict[str, Decimal] = {}
    taxed: list[Decimal] = []
    for fee_type in FIELDS:
        fitting = [r for r in known if r["fee_type"] == fee_type and fits(r, trade)]
        if fitting:
            best = max(fitting, key=lambda r: sum(w for name, w in SCOPES if r[name] is not None))
            found[fee_type] = charge_one(best, trade)
            taxed += [found[fee_type]] * best["is_taxed"]
    if taxed:
        found["TAX"] = round_as(TAX, sum(taxed) * TAX["rate"])
    return found


def is_sound(rate: dict[str, Any]) -> bool:
    low, high = rate["amount_min"], rate["amount_max"]
    if rate["rate"] < 0:
        return low is None and high is None
    return low is None or high is None or low <= high


def scope(rate: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(rate[name] for name in ("fee_type", *(name for name, _ in SCOPES)))


@settings(max_examples=60, deadline=None)
@given(
    known=st.lists(rates.filter(is_sound), max_size=6, unique_by=scope),
    traded=st.lists(trades, min_size=1, max_size=4),
)
def test_charges_are_what_the_oracle_says(
    settlement_dsn: str, known: list[dict[str, Any]], traded: list[dict[str, Any]]
) -> None:
    with connect(settlement_dsn) as connection:
        desk = Desk(connection, settlement_dsn)
        connection.execute("update reference.fee_rates set withdrawn_at = now()")
        for rate in (*known, TAX):
            add_rate(desk, **{"booked_in": FIELDS.get(rate["fee_type"]), **rate})
        for number, terms in enumerate(traded):
            desk.book(f"T{number}", **terms)
        charge(desk)
        found = desk.rows(
            "select trade_id, fee_type, amount from settlement.fees where business_date = %s",
            TRADE_DATE,
        )
        assert {(trade_id, fee_type): amount for trade_id, fee_type, amount in found} == {
            (f"T{number}", fee_type): amount
            for number, terms in enumerate(traded)
            for fee_type, amount in expect(known, terms).items()
        }
        assert charge(desk)[1] == 0
        connection.rollback()
