"""What goes wrong with a trade, on purpose: each scenario and the breaks it plants.

A scenario gives the trade's messages and must plant exactly the types it names. A trade without
execution has that one break only; a cancelled one has none.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from posttrade.sending import Message
from posttrade.simulator.catalogue import CENT_DECIMALS
from posttrade.simulator.messages import POWERS, MessageWriter, decimal_text
from posttrade.simulator.trades import Trade

PRICE_BOUND_E4 = 50  # 0.005: this far apart still agrees
DRIFT_BOUND_MS = 100  # this far apart still agrees
CONFIRMED_DECIMALS = 4  # how finely a price that differs is told, at least
EARLIEST_BACKWARD_MS = 3_600_000
OLD_PRICE_CENTS_OFF = 2
NOISE_AT_BOUND = 0.1  # share of quiet trades that sit exactly on a bound, for each bound


class Teller:
    """Tells the records of a trade, right or wrong, with chances of its own."""

    def __init__(self, writer: MessageWriter, chance: Callable[[], float]) -> None:
        self.writer = writer
        self.chance = chance

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit`` (exclusive)."""
        return int(self.chance() * limit)

    def confirmed(self, trade: Trade) -> Message:
        """A confirmation that agrees, now and then exactly on a bound."""
        is_at_bound = self.chance() < NOISE_AT_BOUND
        price_text = self.price_apart(trade, PRICE_BOUND_E4) if is_at_bound else None
        return self.writer.confirmation(
            trade, price_text=price_text, drift_ms=self.quiet_drift(trade)
        )

    def quiet_drift(self, trade: Trade) -> int:
        """Milliseconds within the bound, both ends included."""
        if self.chance() < NOISE_AT_BOUND:
            return self.either_way(trade, DRIFT_BOUND_MS)
        return self.below(2 * DRIFT_BOUND_MS + 1) - DRIFT_BOUND_MS

    def either_way(self, trade: Trade, drift_ms: int) -> int:
        """The drift forward or back, never back into the day before."""
        is_backward = trade.executed_ms >= EARLIEST_BACKWARD_MS and self.chance() < 0.5
        return -drift_ms if is_backward else drift_ms

    def price_apart(self, trade: Trade, delta_e4: int) -> str:
        """A price that many ten-thousandths from the trade's, up or down."""
        decimals = max(trade.instrument.decimals, CONFIRMED_DECIMALS)
        price = trade.price * POWERS[decimals - trade.instrument.decimals]
        delta = delta_e4 * POWERS[decimals - CONFIRMED_DECIMALS]
        is_down = self.chance() < 0.5 and price > delta
        return decimal_text(price - delta if is_down else price + delta, decimals)

    def booked(self, trade: Trade, *, is_date_stated: bool = False) -> Message:
        """A snapshot that agrees: to the cent, or less than 1.0 off."""
        chance = self.chance()
        unit = POWERS[trade.instrument.decimals]
        if chance < 0.6:
            difference = 0
        elif chance < NOISE_AT_BOUND + 0.6:
            difference = unit - 1 if self.chance() < 0.5 else 1 - unit
        else:
            difference = self.below(2 * unit - 1) - (unit - 1)
        return self.writer.snapshot(trade, difference=difference, is_date_stated=is_date_stated)

    def quantity_off(self, trade: Trade) -> int:
        """Another quantity: by a unit, by a lot, or with a digit too many."""
        kind = self.below(3)
        if kind == 0:
            return trade.quantity + 1
        return trade.quantity + trade.instrument.lot if kind == 1 else trade.quantity * 10

    def price_off(self, trade: Trade) -> str:
        """Another price: just outside the bound, or plainly so."""
        return self.price_apart(trade, PRICE_BOUND_E4 + 1 + (self.below(2) and self.below(5_000)))

    def drift_off(self, trade: Trade) -> int:
        """A drift outside the bound: by a millisecond, or up to a minute."""
        beyond = DRIFT_BOUND_MS + 1 + (self.below(2) and self.below(60_000))
        return self.either_way(trade, beyond)

    def amount_off(self, trade: Trade) -> int:
        """A difference in money that breaks the rule: exactly 1.0, or more."""
        units = 1 + (self.below(2) and self.below(5_000))
        amount = units * POWERS[trade.instrument.decimals]
        return amount if self.chance() < 0.5 else -amount


Tell = Callable[[Teller, Trade], list[Message]]


class Scenario(NamedTuple):
    """A way to go wrong: the break types it plants, and whether it needs the full contract."""

    name: str
    planted: tuple[str, ...]
    tell: Tell
    needs_full_contract: bool = False


def _mismatch(*sides: str) -> Tell:
    def tell(teller: Teller, trade: Trade) -> list[Message]:
        writer = teller.writer
        confirmation = writer.confirmation(
            trade,
            quantity=teller.quantity_off(trade) if "quantity" in sides else None,
            price_text=teller.price_off(trade) if "price" in sides else None,
            drift_ms=(
                teller.drift_off(trade) if "timestamp" in sides else teller.quiet_drift(trade)
            ),
        )
        difference = teller.amount_off(trade) if "pnl" in sides else 0
        messages = [writer.execution(trade), confirmation]
        return [*messages, writer.snapshot(trade, difference=difference)]

    return tell


def _absent(*sides: str) -> Tell:
    def tell(teller: Teller, trade: Trade) -> list[Message]:
        messages = []
        has_execution = "execution" not in sides
        if has_execution:
            messages.append(teller.writer.execution(trade))
        if "confirmation" not in sides:
            messages.append(teller.confirmed(trade))
        if "snapshot" not in sides:
            # Without an execution nothing else says which date the snapshot belongs to.
            messages.append(teller.booked(trade, is_date_stated=not has_execution))
        return messages

    return tell


def _no_confirmation_and_wrong_amount(teller: Teller, trade: Trade) -> list[Message]:
    wrong = teller.writer.snapshot(trade, difference=teller.amount_off(trade))
    return [teller.writer.execution(trade), wrong]


def _no_snapshot_and_wrong_quantity(teller: Teller, trade: Trade) -> list[Message]:
    wrong = teller.writer.confirmation(trade, quantity=teller.quantity_off(trade))
    return [teller.writer.execution(trade), wrong]


def _second_execution(teller: Teller, trade: Trade) -> list[Message]:
    other_price = trade.price + (1 + teller.below(5)) * trade.instrument.tick
    second = teller.writer.execution(trade, price=other_price)
    return [teller.writer.execution(trade), teller.confirmed(trade), teller.booked(trade), second]


def _second_confirmation(teller: Teller, trade: Trade) -> list[Message]:
    first = teller.writer.confirmation(trade)
    second = teller.writer.confirmation(trade, quantity=teller.quantity_off(trade))
    return [teller.writer.execution(trade), first, teller.booked(trade), second]


def _second_confirmation_and_wrong_price(teller: Teller, trade: Trade) -> list[Message]:
    first = teller.writer.confirmation(trade, price_text=teller.price_off(trade))
    return [
        teller.writer.execution(trade),
        first,
        teller.booked(trade),
        teller.writer.confirmation(trade),
    ]


def _second_snapshot(teller: Teller, trade: Trade) -> list[Message]:
    second = teller.writer.snapshot(trade, difference=teller.amount_off(trade))
    first = teller.writer.snapshot(trade)
    return [teller.writer.execution(trade), teller.confirmed(trade), first, second]


def _confirmation_of_the_old_version(teller: Teller, trade: Trade) -> list[Message]:
    decimals = trade.instrument.decimals
    old_price = trade.price + OLD_PRICE_CENTS_OFF * POWERS[decimals - CENT_DECIMALS]
    old_text = decimal_text(old_price, decimals)
    return [
        teller.writer.execution(trade, price=old_price),
        teller.writer.confirmation(trade, price_text=old_text),
        teller.writer.execution(trade, version=2, status="CORRECTED"),
        teller.booked(trade),
    ]


def tell_quietly(teller: Teller, trade: Trade) -> list[Message]:
    """Three records that agree, within the tolerances."""
    return [teller.writer.execution(trade), teller.confirmed(trade), teller.booked(trade)]


def tell_correction(teller: Teller, trade: Trade) -> list[Message]:
    """An execution that was wrong at first; the other sides agree with its second version."""
    wrong = trade.price + (10 + teller.below(90)) * trade.instrument.tick
    messages = [teller.writer.execution(trade, price=wrong)]
    if teller.chance() < 0.5:  # the broker had confirmed the wrong price, too
        text = decimal_text(wrong, trade.instrument.decimals)
        messages.append(teller.writer.confirmation(trade, price_text=text))
        right = teller.writer.confirmation(trade, version=2, status="CORRECTED")
    else:
        right = teller.confirmed(trade)
    corrected = teller.writer.execution(trade, version=2, status="CORRECTED")
    return [*messages, corrected, right, teller.booked(trade)]


def tell_cancellation(teller: Teller, trade: Trade) -> list[Message]:
    """An execution that is taken back; the other sides may have come, with any terms, or not."""
    messages = [teller.writer.execution(trade)]
    if teller.chance() < 0.6:
        messages.append(teller.writer.confirmation(trade, quantity=teller.quantity_off(trade)))
    if teller.chance() < 0.4:
        messages.append(teller.booked(trade))
    messages.append(teller.writer.execution(trade, version=2, status="CANCELLED"))
    return messages


SCENARIOS_FOR_EVERY_TYPE = 7  # the first ones plant every type between them: enough for a small day
SCENARIOS = (
    Scenario(
        "every_term",
        ("quantity_mismatch", "price_mismatch", "timestamp_mismatch", "pnl_mismatch"),
        _mismatch("quantity", "price", "timestamp", "pnl"),
    ),
    Scenario("no_execution", ("missing_execution",), _absent("execution")),
    Scenario("no_confirmation", ("missing_confirmation",), _absent("confirmation")),
    Scenario("no_snapshot", ("missing_pnl_snapshot",), _absent("snapshot")),
    Scenario("second_execution", ("duplicate_execution",), _second_execution),
    Scenario("second_confirmation", ("duplicate_confirmation",), _second_confirmation),
    Scenario("second_snapshot", ("duplicate_pnl_snapshot",), _second_snapshot),
    Scenario("price", ("price_mismatch",), _mismatch("price")),
    Scenario("quantity", ("quantity_mismatch",), _mismatch("quantity")),
    Scenario("timestamp", ("timestamp_mismatch",), _mismatch("timestamp")),
    Scenario("pnl", ("pnl_mismatch",), _mismatch("pnl")),
    Scenario(
        "price_and_time", ("price_mismatch", "timestamp_mismatch"), _mismatch("price", "timestamp")
    ),
    Scenario(
        "no_confirmation_wrong_amount",
        ("missing_confirmation", "pnl_mismatch"),
        _no_confirmation_and_wrong_amount,
    ),
    Scenario(
        "no_snapshot_wrong_quantity",
        ("missing_pnl_snapshot", "quantity_mismatch"),
        _no_snapshot_and_wrong_quantity,
    ),
    Scenario(
        "no_other_side",
        ("missing_confirmation", "missing_pnl_snapshot"),
        _absent("confirmation", "snapshot"),
    ),
    Scenario("confirmation_alone", ("missing_execution",), _absent("execution", "snapshot")),
    Scenario("snapshot_alone", ("missing_execution",), _absent("execution", "confirmation")),
    Scenario(
        "second_confirmation_wrong_price",
        ("duplicate_confirmation", "price_mismatch"),
        _second_confirmation_and_wrong_price,
    ),
    Scenario(
        "confirmation_of_the_old_version",
        ("price_mismatch",),
        _confirmation_of_the_old_version,
        needs_full_contract=True,
    ),
)


class ScenarioDeck:
    """Deals scenarios so that each comes as often as the others."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._left = list(reversed(SCENARIOS))

    def deal(self) -> Scenario:
        """The next scenario; the first round is in order, later ones are shuffled."""
        if not self._left:
            self._left = list(SCENARIOS)
            self._chance.shuffle(self._left)
        return self._left.pop()
