"""What goes wrong after a trade has matched: a fee, a delivery, a custodian's statement.

Each date has accounts of its own, so that nothing depends on which dates were simulated before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from posttrade.sending import Message
from posttrade.simulator.catalogue import Catalogue
from posttrade.simulator.messages import MessageWriter
from posttrade.simulator.options import SimulationOptions
from posttrade.simulator.scenarios import Teller, tell_quietly
from posttrade.simulator.settlement import SettlementDates
from posttrade.simulator.trades import Trade, fees_of
from posttrade.simulator.truth import TruthWriter

FIRST_MS = 15 * 3_600_000  # of the UTC day: while Frankfurt and New York are open
SEEDS_APART_MS = 1_000
COUNTERPARTY = "ALDER"  # nothing is netted with it in Europe
CUSTODIAN = "NORTHBANK"
HEADERS: list[tuple[str, str | bytes | None]] = [("contract-version", b"1")]
OVERCHARGED, OVERCHARGED_QUANTITY, OVERCHARGE_CENTS = "MSFT", 300, 500
DELIVERED, HELD_QUANTITY, SOLD_QUANTITY = "SAP.DE", 1_000, 1_500
KEPT = {
    "SAP.DE": 2_000,
    "SIE.DE": 800,
}  # as our books have it; the custodian lacks some of the last
MISSING_QUANTITY = 10
MONEY = {"EUR": 8_000, "USD": 10_000}
UNKNOWN_CHARGE = 25  # in the last currency


class Holding(NamedTuple):
    """A row of ``reference.opening_holdings``."""

    account: str
    asset_kind: str
    asset: str
    effective_from: dt.date
    quantity: Decimal


class Mishap(NamedTuple):
    """What is planted: the breaks, the trade (if it is one), and what is sent.

    Attributes:
        is_of_date: the date has it once, however many runs send it.
    """

    name: str
    planted: tuple[str, ...]
    subject_id: str
    messages: list[Message]
    is_of_date: bool = False


class BackOffice:
    """Makes a date's mishaps: the same date and seed give the same bytes."""

    def __init__(self, options: SimulationOptions, catalogue: Catalogue, teller: Teller) -> None:
        self._date = options.business_date
        self._prefix = f"B{options.business_date:%Y%m%d}-{options.seed}"
        self._executed_ms = FIRST_MS + options.seed % 3_600 * SEEDS_APART_MS
        self._instruments = {each.symbol: each for each in catalogue.instruments}
        self._teller = teller

    def tell(self, truth: TruthWriter) -> Iterator[Message]:
        """What is sent of all mishaps; the truth is noted."""
        for mishap in self.mishaps():
            planted = dict.fromkeys(mishap.planted, 1)
            if mishap.is_of_date:
                truth.tally.planted_once |= planted
            else:
                truth.tally.planted.update(planted)
            facts = {"mishap": mishap.name, "subject_id": mishap.subject_id}
            truth.note(**facts, planted=list(mishap.planted))
            yield from mishap.messages

    def mishaps(self) -> Iterator[Mishap]:
        """All of them; the delivery only where its market settles on the date."""
        yield self._overcharge()
        if SettlementDates(self._date).is_open_for(self._instruments[DELIVERED]):
            yield self._sell_too_much()
        yield self._state_positions()
        yield self._state_cash()

    def _overcharge(self) -> Mishap:
        trade = self._trade(0, OVERCHARGED, "BUY", OVERCHARGED_QUANTITY, "EQ-FLOW")
        trade.brokerage_cents += OVERCHARGE_CENTS
        planted = ("brokerage_fee_mismatch", "commission_mismatch")
        messages = tell_quietly(self._teller, trade)
        return Mishap("overcharged", planted, trade.trade_id, messages)

    def _sell_too_much(self) -> Mishap:
        """Due on the trade date itself: a part is there, the rest fails."""
        account = name_delivering_account(self._date)
        trade = self._trade(1, DELIVERED, "SELL", SOLD_QUANTITY, account)
        writer = MessageWriter(self._date, lambda _: self._date)
        messages = tell_quietly(Teller(writer, self._teller.chance), trade)
        return Mishap("short_of_securities", ("settlement_fail",), trade.trade_id, messages)

    def _state_positions(self) -> Mishap:
        *_, lacking = KEPT
        lines = [
            {"symbol": symbol, "quantity": quantity - MISSING_QUANTITY * (symbol == lacking)}
            for symbol, quantity in KEPT.items()
        ]
        messages = self._state("custodian_positions", "P", lines)
        return Mishap("positions_differ", ("position_break",), lacking, messages, is_of_date=True)

    def _state_cash(self) -> Mishap:
        *_, charged = MONEY
        lines: list[dict[str, Any]] = []
        for currency, amount in MONEY.items():
            movement = -UNKNOWN_CHARGE * (currency == charged)
            entries = {"OPENING": amount, "MOVEMENT": movement, "CLOSING": amount + movement}
            lines += [
                {"currency": currency, "entry_type": kind, "amount": value}
                for kind, value in entries.items()
                if value
            ]
        messages = self._state("custodian_cash", "C", lines)
        return Mishap("cash_differs", ("cash_break",), charged, messages, is_of_date=True)

    def _state(self, topic: str, letter: str, lines: list[dict[str, Any]]) -> list[Message]:
        statement = {
            "statement_id": f"{letter}{self._date:%Y%m%d}",
            "custodian": CUSTODIAN,
            "account": name_stated_account(self._date),
            "as_of_date": self._date.isoformat(),
            "line_count": len(lines),
        }
        return [
            Message(
                topic,
                str(statement["account"]),
                json.dumps({**statement, "line_number": number, **line}).encode(),
                HEADERS,
            )
            for number, line in enumerate(lines, start=1)
        ]

    def _trade(self, number: int, symbol: str, side: str, quantity: int, account: str) -> Trade:
        instrument = self._instruments[symbol]
        price = instrument.start_price
        fees = fees_of(instrument, quantity * price, quantity // instrument.lot)
        return Trade(
            f"{self._prefix}-{number:07d}",
            instrument,
            side,
            quantity,
            price,
            *fees,
            COUNTERPARTY,
            account,
            "HEDGE",
            self._executed_ms,
        )


def name_delivering_account(business_date: dt.date) -> str:
    """The account that sells more than it holds."""
    return f"DELIVERY-{business_date:%Y%m%d}"


def name_stated_account(business_date: dt.date) -> str:
    """The account of which the custodian states something else than we do."""
    return f"CUSTODY-{business_date:%Y%m%d}"


def list_holdings(business_date: dt.date) -> list[Holding]:
    """What our books have to know of these accounts before the date settles."""
    kept = name_stated_account(business_date)
    found = {(name_delivering_account(business_date), "SECURITY", DELIVERED): HELD_QUANTITY}
    found |= {(kept, "SECURITY", symbol): quantity for symbol, quantity in KEPT.items()}
    found |= {(kept, "CASH", currency): amount for currency, amount in MONEY.items()}
    return [Holding(*key, business_date, Decimal(value)) for key, value in found.items()]
