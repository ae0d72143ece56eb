"""Whatever is short, on whatever day: the database shares it out as a plain queue would."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk

DAYS = [NEXT_DAY + dt.timedelta(days=n) for n in (0, 1, 4, 5)]
CENT = Decimal("0.01")
Part = tuple[Decimal, Decimal | None]

trades = st.lists(
    st.fixed_dictionaries(
        {
            "side": st.sampled_from(["BUY", "SELL", "SELL"]),
            "quantity": st.integers(1, 60).map(Decimal),
            "price": st.decimals("0.01", 9, places=4),
            "settlement_date": st.sampled_from(DAYS[:2]),
            "cancelled_before": st.sampled_from([None, None, None, *DAYS[1:3]]),
        }
    ),
    min_size=1,
    max_size=6,
)


@dataclasses.dataclass
class Trade:
    """A trade as the queue sees it."""

    number: int
    terms: dict[str, Any]
    parts: list[Part] = dataclasses.field(default_factory=list)
    released: Decimal = Decimal(0)
    is_cancelled: bool = False

    @property
    def amount(self) -> Decimal:
        return (self.terms["quantity"] * self.terms["price"]).quantize(CENT, ROUND_HALF_UP)

    def settled(self) -> tuple[Decimal, Decimal]:
        return (
            sum((part[0] for part in self.parts), Decimal(0)),
            sum((part[1] or Decimal(0) for part in self.parts), Decimal(0)),
        )

    def due(self) -> tuple[Decimal, Decimal]:
        """Quantity and amount that are open, beyond what this cycle released."""
        quantity = self.terms["quantity"] - self.settled()[0] - self.released
        return quantity, self.amount - self.paid(self.settled()[0] + self.released)

    def paid(self, quantity: Decimal) -> Decimal:
        """Cash of so much of it, half up; of all of it, all."""
        share = Fraction(self.amount) * Fraction(quantity) / Fraction(self.terms["quantity"])
        cents = (share * 100 * 2 + 1) // 2
        return Decimal(int(cents)) / 100

    def releasable(self, available: Decimal, lot: int | None) -> Decimal:
        """How much can be delivered, or paid for, out of what is there."""
        quantity, amount = self.due()
        is_paying = self.terms["side"] == "BUY"
        if (amount if is_paying else quantity) <= available:
            return quantity
        if lot is None or available <= 0:
            return Decimal(0)
        if not is_paying:
            return available // lot * lot
        done = self.settled()[0] + self.released
        affordable = (
            Fraction(self.paid(done) + available)
            * Fraction(self.terms["quantity"])
            / Fraction(self.amount)
        ) - Fraction(done)
        return max(Decimal(int(affordable // lot)) * lot, Decimal(0))


class Queue:
    """The rule in plain words: by date, then the larger, then the earlier one; pass by pass."""

    def __init__(self, securities: Decimal, cash: Decimal, lot: int | None) -> None:
        self.pools = {"SELL": securities, "BUY": cash}
        self.lot = lot
        self.trades: list[Trade] = []

    def settle(self, day: dt.date) -> None:
        due = [
            t
            for t in self.trades
            if t.terms["settlement_date"] <= day and not t.is_cancelled and t.due()[0] > 0
        ]
        while self._pass([t for t in due if t.due()[0] > 0]):
            pass
        for trade in due:
            if trade.released:
                quantity, amount = trade.settled()
                share = trade.paid(quantity + trade.released) - amount
                trade.parts.append((trade.released, share or None))
                trade.released = Decimal(0)

    def _pass(self, waiting: list[Trade]) -> bool:
        left = dict(self.pools)
        for side in ("SELL", "BUY"):
            queue = sorted(
                (t for t in waiting if t.terms["side"] == side),
                key=lambda t: (t.terms["settlement_date"], -t.due()[side == "BUY"], t.number),
            )
            served = []
            for trade in queue:
                # what it cannot have alone it does not ask for
                alone = trade.releasable(self.pools[side], self.lot)
                part = trade.releasable(left[side], self.lot)
                if part > 0 and alone > 0:
                    before = trade.due()[1]
                    trade.released += part
                    cost = before - trade.due()[1]
                    left[side] -= part if side == "SELL" else cost
                    served.append((part, cost))
            for part, cost in served:
                other = "BUY" if side == "SELL" else "SELL"
                self.pools[other] += cost if side == "SELL" else part
                self.pools[side] -= part if side == "SELL" else cost
            if side == "SELL":
                first, gained = bool(served), sum((c for _, c in served), Decimal(0))
                # the two pools are served at the same time
                self.pools["BUY"] -= gained
        self.pools["BUY"] += gained
        return first or bool(served)

    def cancel(self, trade: Trade) -> None:
        quantity, amount = trade.settled()
        way = 1 if trade.terms["side"] == "SELL" else -1
        self.pools["SELL"] += way * quantity
        self.pools["BUY"] -= way * amount
        trade.parts, trade.is_cancelled = [], True


@settings(max_examples=15, deadline=None)
@given(
    terms=trades,
    securities=st.integers(0, 80).map(Decimal),
    cash=st.decimals(0, 300, places=2),
    lot=st.sampled_from([None, 1, 7]),
)
def test_the_queue_is_served_as_it_stands(
    settlement_dsn: str, terms: list[dict[str, Any]], securities: Decimal, cash: Decimal, lot: Any
) -> None:
    with connect(settlement_dsn) as connection:
        desk, queue = Desk(connection, settlement_dsn), Queue(securities, cash, lot)
        desk.give("AAPL", str(securities))
        desk.give("USD", str(cash), kind="CASH")
        desk.allow_parts(None if lot is None else str(lot))
        for number, row in enumerate(terms):
            booked = {key: row[key] for key in row if key != "cancelled_before"}
            desk.book(f"T{number}", **booked)
            desk.follow()
            queue.trades.append(Trade(number, row))
        for day in DAYS:
            desk.as_of = dt.datetime.combine(day, dt.time(12), dt.timezone.utc)
            for trade in queue.trades:
                if trade.terms["cancelled_before"] == day:
                    booked = {k: v for k, v in trade.terms.items() if k != "cancelled_before"}
                    desk.book(f"T{trade.number}", version=2, status="CANCELLED", **booked)
                    desk.follow()
                    queue.cancel(trade)
            floor = desk.balances()
            desk.settle(day)
            queue.settle(day)
            live = {f"T{t.number}": t.parts for t in queue.trades if t.parts}
            gone = {f"T{t.number}" for t in queue.trades if t.is_cancelled}
            found = desk.parts()
            assert {key: parts for key, parts in found.items() if key not in gone} == live
            before = desk.rows("select count(*) from settlement.events")
            desk.settle(day)
            assert desk.rows("select count(*) from settlement.events") == before
            # nothing is delivered or paid that is not there; what a cancellation took back may lack
            held = desk.balances()
            for asset, opening in (("AAPL", securities), ("USD", cash)):
                left, found_before = (
                    held.get(("EQ-PRIME", asset), 0),
                    floor.get(("EQ-PRIME", asset), 0),
                )
                assert left >= min(found_before, -opening)
            assert desk.rows(
                "select asset from settlement.ledger_entries group by asset having sum(amount) <> 0"
            ) == []  # fmt: skip
        for trade in queue.trades:
            quantity, amount = trade.settled()
            if quantity == trade.terms["quantity"]:
                assert amount == trade.amount
        for day in DAYS[:2]:
            check_ledger(settlement_dsn, day, run_id="test", connection=connection)
        connection.rollback()
