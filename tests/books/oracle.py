"""What a book holds and has earned, fill by fill, in plain decimals. Knows nothing of SQL or dates'
closes: lots are kept and matched one by one, and realised P&L is added up where a lot is closed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
SHARE = Decimal(1).scaleb(-20)  # an amount's share is kept to 20 decimals where it does not end
UNIT = Decimal(1).scaleb(-10)  # and so are units after a split, to 10


@dataclasses.dataclass
class Lot:
    """Units with the sign of the position, and what they cost.

    ``whole`` is what a share is taken of: the lot as a day found it, or as it came on that day. So
    a cost is rounded once a day, however many sales it was that took from the lot.
    """

    quantity: Decimal
    cost: Decimal
    whole: tuple[Decimal, Decimal] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.whole = (self.quantity, self.cost)


@dataclasses.dataclass
class Book:
    """One holding."""

    method: str
    lots: list[Lot] = dataclasses.field(default_factory=list)
    cash: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)

    @property
    def quantity(self) -> Decimal:
        """Signed position."""
        return sum((lot.quantity for lot in self.lots), Decimal(0))

    @property
    def cost(self) -> Decimal:
        """Signed cost of the position."""
        return sum((lot.cost for lot in self.lots), Decimal(0))

    def begin_day(self) -> None:
        """From now on shares are taken of the lots as they are."""
        for lot in self.lots:
            lot.whole = (lot.quantity, lot.cost)

    def trade(self, quantity: Decimal, price: Decimal) -> None:
        """One fill; the quantity is negative for a sale."""
        with localcontext(EXACT):
            self.cash -= quantity * price
            while quantity and self.lots and (self.lots[0].quantity > 0) != (quantity > 0):
                quantity = self._close(quantity, price)
            if quantity:
                self.lots.append(Lot(quantity, quantity * price))
                if self.method == "AVERAGE":
                    self.merge()

    def _close(self, quantity: Decimal, price: Decimal) -> Decimal:
        place = -1 if self.method == "LIFO" else 0
        lot = self.lots[place]
        if abs(quantity) >= abs(lot.quantity):
            self.realised -= lot.cost - lot.quantity * price
            del self.lots[place]
            return quantity + lot.quantity
        kept = lot.quantity + quantity
        units, amount = lot.whole
        cost = (amount * kept / units).quantize(SHARE)
        self.realised -= (lot.cost - cost) + quantity * price
        lot.quantity, lot.cost = kept, cost
        if self.method == "AVERAGE":  # an average is one of what each sale left
            lot.whole = (kept, cost)
        return Decimal(0)

    def merge(self) -> None:
        """All lots as one, at average cost."""
        with localcontext(EXACT):
            if self.lots:
                self.lots = [Lot(self.quantity, self.cost)]

    def split(self, new: int, old: int) -> None:
        """More or fewer units, at the same cost."""
        with localcontext(EXACT):
            before, told = Decimal(0), Decimal(0)
            for lot in self.lots:
                before += lot.quantity
                units = (before * new / old).quantize(UNIT)
                lot.quantity, told = units - told, units


def hold(method: str, fills: Iterable[tuple[Decimal, Decimal]]) -> Book:
    """A book after some fills."""
    book = Book(method)
    for quantity, price in fills:
        book.trade(quantity, price)
    return book
