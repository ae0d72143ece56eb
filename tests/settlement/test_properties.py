"""Any sequence of trades, corrections, cancellations, settlements and reruns: every sum stays zero,
and what each account holds is what an oracle in Python decimals says.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk

DAY = dt.timedelta(days=1)
UNITS = {"USD": Decimal("0.01"), "JPY": Decimal(1)}
OPEN = ("INSTRUCTED", "PENDING", "FAILING")

terms = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["BUY", "SELL"]),
        "quantity": st.decimals("0.01", 500, places=2).filter(bool),
        "price": st.decimals("-2", 30, places=4),
        "currency": st.sampled_from(sorted(UNITS)),
        "settlement_date": st.sampled_from([NEXT_DAY, NEXT_DAY + DAY]),
        "matched": st.booleans(),
    }
)
acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["book", "book", "cancel", "match", "unmatch", "follow", "close", "settle", "settle"]
        ),
        st.sampled_from(["T1", "T2", "T3"]),
        terms,
    ),
    min_size=3,
    max_size=14,
)


@dataclasses.dataclass
class Version:
    """One version of a trade, and where its instruction stands; None: it has none."""

    number: int
    terms: dict[str, Any]
    is_cancelled: bool = False
    state: str | None = None
    is_held: bool = False


@dataclasses.dataclass
class Oracle:
    """What must come of it, said once more and without a database."""

    trades: dict[str, list[Version]] = dataclasses.field(default_factory=dict)
    matched: dict[str, bool] = dataclasses.field(default_factory=dict)

    def follow(self) -> None:
        """Instructions follow their trades."""
        for trade_id, versions in self.trades.items():
            current, is_matched = versions[-1], self.matched[trade_id]
            for version in versions:
                is_over = version is not current or current.is_cancelled
                if version.state not in (None, "CANCELLED") and is_over:
                    version.state = "CANCELLED"
                elif version.state in OPEN and not is_matched and not version.is_held:
                    version.is_held, version.state = True, "PENDING"
                elif version.is_held and is_matched:
                    version.is_held = False
                    version.state = {"PENDING": "INSTRUCTED"}.get(str(version.state), version.state)
            if is_matched and not current.is_cancelled and current.state is None:
                current.state = "INSTRUCTED"

    def settle(self, day: dt.date) -> None:
        """What is due and not held settles, the rest fails."""
        for version in (version for versions in self.trades.values() for version in versions):
            if version.state in OPEN and version.terms["settlement_date"] <= day:
                version.state = "FAILING" if version.is_held else "SETTLED"

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What each side holds after all that has settled and was not taken back."""
        held: Counter[tuple[str, str]] = Counter()
        for version in (version for versions in self.trades.values() for version in versions):
            if version.state != "SETTLED":
                continue
            terms = version.terms
            sign = 1 if terms["side"] == "BUY" else -1
            unit = UNITS[terms["currency"]]
            amount = (terms["price"] * terms["quantity"]).quantize(unit, ROUND_HALF_UP)
            symbol = terms.get("symbol", "AAPL")
            asset = symbol[:3] if terms.get("asset_class") == "FX" else symbol
            house, party = terms.get("account", "EQ-PRIME"), terms.get("counterparty_id", "ALDER")
            for account, way in ((house, sign), (party, -sign)):
                held[account, asset] += way * terms["quantity"]
                held[account, terms["currency"]] -= way * amount
        return {key: amount for key, amount in held.items() if amount}


def play(desk: Desk, oracle: Oracle, act: str, trade_id: str, terms: dict[str, Any]) -> None:
    """One act, on the desk and in the oracle."""
    versions = oracle.trades.get(trade_id, [])
    if act == "book" or (act == "cancel" and versions):
        terms = terms if act == "book" else {**versions[-1].terms, "matched": False}
        version = Version(len(versions) + 1, terms, is_cancelled=act == "cancel")
        status = {"book": "CORRECTED" if versions else "EXECUTED", "cancel": "CANCELLED"}[act]
        desk.book(trade_id, version=version.number, status=status, **terms)
        oracle.trades.setdefault(trade_id, []).append(version)
        oracle.matched[trade_id] = terms["matched"]
    elif act in ("match", "unmatch") and versions:
        desk.unmatch(trade_id)
        oracle.matched[trade_id] = act == "match" and not versions[-1].is_cancelled
        if oracle.matched[trade_id]:
            desk.match(trade_id, versions[-1].number)
    elif act == "follow":
        desk.follow()
        oracle.follow()
    elif act == "close":
        desk.close()
        oracle.follow()


@settings(max_examples=30, deadline=None)
@given(acts=acts)
def test_every_sum_is_zero_and_the_oracle_agrees(settlement_dsn: str, acts: list[Any]) -> None:
    with connect(settlement_dsn) as connection:
        desk, oracle, day = Desk(connection, settlement_dsn), Oracle(), NEXT_DAY
        for act, trade_id, version in acts:
            play(desk, oracle, act, trade_id, version)
            if act == "settle":
                desk.settle(day)
                oracle.settle(day)
                before = desk.rows("select count(*) from settlement.instruction_events")
                assert desk.settle(day)[1] == 0
                assert desk.rows("select count(*) from settlement.instruction_events") == before
                check_ledger(settlement_dsn, NEXT_DAY, run_id="test", connection=connection)
                # markets settle on weekdays
                day += DAY if day.weekday() < 4 else 3 * DAY
            assert desk.rows(
                "select asset from settlement.ledger_entries group by asset having sum(amount) <> 0"
            ) == []  # fmt: skip
            assert desk.balances() == oracle.balances()
        desk.close()
        oracle.follow()
        assert desk.balances() == oracle.balances()
        found = desk.rows(
            "select subject_id, subject_version, state from settlement.instruction_states"
        )
        assert sorted(found) == sorted(
            (trade_id, version.number, version.state)
            for trade_id, versions in oracle.trades.items()
            for version in versions
            if version.state
        )
        connection.rollback()
