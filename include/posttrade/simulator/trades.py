"""One trade after another: instrument, side, size, price, fees, book, counterparty."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import Counter

from posttrade.simulator.catalogue import (
    BOOKS,
    CENT_DECIMALS,
    FEES,
    Catalogue,
    Instrument,
)
from posttrade.simulator.rhythm import Rhythm

STEP_TICKS_MAX = 3
POSITION_LIMIT_LOTS = (
    40  # the further a position is from flat, the likelier the next trade reduces it
)
PULL = 0.35


@dataclasses.dataclass(slots=True)
class Trade:
    """A trade as it truly is: ``price`` scaled by the instrument's decimals, fees in cents."""

    trade_id: str
    instrument: Instrument
    side: str
    quantity: int
    price: int
    brokerage_cents: int
    clearing_cents: int
    exchange_cents: int
    counterparty: str
    account: str
    strategy: str
    executed_ms: int
    is_short: bool = False

    @property
    def notional(self) -> int:
        """Quantity times price, scaled like the price."""
        return self.quantity * self.price

    @property
    def commission_cents(self) -> int:
        """All fees together."""
        return self.brokerage_cents + self.clearing_cents + self.exchange_cents


class TradeMaker:
    """Makes trades in the order of their instants; prices walk, positions stay near flat."""

    def __init__(self, catalogue: Catalogue, business_date: dt.date, seed: int) -> None:
        self._chance = random.Random(f"trades {business_date} {seed}").random  # noqa: S311
        self._rhythm = Rhythm(catalogue.sessions, business_date)
        self._counterparties = catalogue.counterparties
        self._prices = [_Walk(instrument) for instrument in catalogue.instruments]
        self._lots: Counter[tuple[str, str, str]] = Counter()

    def make(self, trade_id: str, place: int, total: int) -> Trade:
        """The trade at this place of ``total``: later places have later instants."""
        chance = self._chance
        instant = self._rhythm.instant_of((place + chance()) / total)
        session = self._rhythm.session_at(instant, chance())
        instrument = session.choose_instrument(chance())
        books = BOOKS[instrument.asset_class]
        account, strategy = books[int(chance() * len(books))]
        size = chance()
        lots = 1 + int(instrument.lots_max * size * size * size)
        quantity = lots * instrument.lot
        price = self._prices[instrument.position_in_list].step(chance())
        brokerage, clearing, exchange = fees_of(instrument, quantity * price, lots)
        return Trade(
            trade_id,
            instrument,
            self._choose_side((account, strategy, instrument.symbol), lots, instrument.lots_max),
            quantity,
            price,
            brokerage,
            clearing,
            exchange,
            self._counterparties[int(chance() * len(self._counterparties))],
            account,
            strategy,
            instant,
        )

    def _choose_side(self, book: tuple[str, str, str], lots: int, lots_max: int) -> str:
        held = self._lots[book]
        limit = POSITION_LIMIT_LOTS * lots_max // 10
        pull = PULL * max(-1.0, min(1.0, held / limit))
        if self._chance() < 0.5 - pull:
            self._lots[book] = held + lots
            return "BUY"
        self._lots[book] = held - lots
        return "SELL"


class _Walk:
    """A price that moves by whole ticks and stays within the day's range."""

    def __init__(self, instrument: Instrument) -> None:
        self._tick = instrument.tick
        self._start = instrument.start_price // instrument.tick
        self._ticks = self._start
        self._reach = min(instrument.day_range_ticks, self._start // 2)
        self._step = max(1, min(STEP_TICKS_MAX, self._reach // 20))

    def step(self, chance: float) -> int:
        ticks = self._ticks + int(chance * (2 * self._step + 1)) - self._step
        if abs(ticks - self._start) <= self._reach:
            self._ticks = ticks
        return self._ticks * self._tick


def fees_of(instrument: Instrument, notional: int, lots: int) -> tuple[int, int, int]:
    """Brokerage, clearing and exchange fee in cents, each rounded half up."""
    schedule = FEES[instrument.asset_class]
    cents = 10 ** (instrument.decimals - CENT_DECIMALS)
    parts = (schedule.brokerage, schedule.clearing, schedule.exchange)
    brokerage, clearing, exchange = (
        (2 * (notional * rate + lots * per_lot * cents * 100_000) // (cents * 10_000_000) + 1) // 2
        for rate, per_lot in parts
    )
    return brokerage, clearing, exchange
