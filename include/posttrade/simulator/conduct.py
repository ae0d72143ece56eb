"""Trades that compliance must flag, planted beside the day's own, and good ones otherwise."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from posttrade.simulator.catalogue import Catalogue
from posttrade.simulator.options import SimulationOptions
from posttrade.simulator.trades import Trade, fees_of

FIRST_MS = 16 * 3_600_000  # of the UTC day: while New York is open, summer and winter
LASTS_MS = 3 * 3_600_000
APART_MS = 60_000
SEEDS_APART_MS = 1_000
WASH_DELAY_MS = 400


class Suspicion(NamedTuple):
    """What is planted: the rule that must flag it, its subject there, and its trades."""

    rule: str
    subject_id: str
    trades: list[Trade]


class ConductDesk:
    """Makes suspicious trades, one kind after the other; limits and lists are the product's own."""

    def __init__(self, options: SimulationOptions, catalogue: Catalogue) -> None:
        self._prefix = f"C{options.business_date:%Y%m%d}-{options.seed}"
        self._shift_ms = options.seed * SEEDS_APART_MS  # runs of several seeds add up
        self._instruments = {each.symbol: each for each in catalogue.instruments}
        self._counterparties = catalogue.counterparties

    def make(self, number: int) -> Suspicion:
        """The suspicion of this number; they come in turns."""
        kinds = (self._restrict, self._enlarge, self._enrich, self._wash, self._repeat)
        return kinds[number % len(kinds)](number)

    def _restrict(self, number: int) -> Suspicion:
        trade = self._trade(number, "KO", 100, "MACRO-01")
        return Suspicion("restricted_instrument", trade.trade_id, [trade])

    def _enlarge(self, number: int) -> Suspicion:
        trade = self._trade(number, "KO", 30_000, "EQ-FLOW")
        return Suspicion("quantity_limit", trade.trade_id, [trade])

    def _enrich(self, number: int) -> Suspicion:
        trade = self._trade(number, "MSFT", 20_000, "EQ-PRIME")
        return Suspicion("notional_limit", trade.trade_id, [trade])

    def _wash(self, number: int) -> Suspicion:
        bought = self._trade(number, "KO", 1_700, "EQ-FLOW")
        sold = dataclasses.replace(
            bought,
            trade_id=f"{bought.trade_id}-S",
            side="SELL",
            account="TREASURY",
            executed_ms=bought.executed_ms + WASH_DELAY_MS,
        )
        subject_id = f"{bought.trade_id} / {sold.trade_id}"
        return Suspicion("potential_wash_trade", subject_id, [bought, sold])

    def _repeat(self, number: int) -> Suspicion:
        trade = self._trade(number, "KO", 1_900, "CLIENT-01")
        again = dataclasses.replace(trade, trade_id=f"{trade.trade_id}-S")
        return Suspicion("potential_duplicate", again.trade_id, [trade, again])

    def _trade(self, number: int, symbol: str, quantity: int, account: str) -> Trade:
        instrument = self._instruments[symbol]
        price = instrument.start_price
        lots = quantity // instrument.lot
        brokerage, clearing, exchange = fees_of(instrument, quantity * price, lots)
        return Trade(
            f"{self._prefix}-{number:07d}",
            instrument,
            "BUY",
            quantity,
            price,
            brokerage,
            clearing,
            exchange,
            self._counterparties[number % len(self._counterparties)],
            account,
            "HEDGE",
            FIRST_MS + (number * APART_MS + self._shift_ms) % LASTS_MS,
        )
