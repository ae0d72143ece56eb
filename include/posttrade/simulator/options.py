"""What a simulated day is made of."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal, InvalidOperation

from posttrade.errors import ConfigurationError

TRADES_MAX = 9_999_999  # trade ids have seven digits for the trade's place in the day
SEED_MAX = 999_999_999
MARK_DAYS_MAX = 2_500


@dataclasses.dataclass(frozen=True)
class Share:
    """How many of something: a share of the trades (``0.02``, ``2%``) or a count (``50``)."""

    value: Decimal
    is_count: bool = False

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read ``50`` as a count, ``0.02`` and ``2%`` as shares.

        Raises:
            ConfigurationError: neither, negative, or a share above one.
        """
        try:
            if text.endswith("%"):
                share = cls(Decimal(text[:-1]) / 100)
            else:
                share = cls(Decimal(text), is_count=text.isdecimal())
        except InvalidOperation:
            share = cls(Decimal(-1))
        if not share.value.is_finite() or share.value < 0:
            raise ConfigurationError(f"{text!r} is neither a share (0.02, 2%) nor a count (50)")
        if not share.is_count and share.value > 1:
            raise ConfigurationError(f"a share of {text} is more than all of them; at most 1")
        return share

    def count_of(self, total: int) -> int:
        """How many of ``total`` that is; shares round half up."""
        if self.is_count:
            return int(self.value)
        return int(self.value * total + Decimal("0.5"))

    def __str__(self) -> str:
        return f"{self.value:f}" if self.is_count else f"{self.value * 100:f}%"


NONE = Share(Decimal(0), is_count=True)
BREAK_RATE_DEFAULT = Share(Decimal("0.015"))
SHORT_CONTRACT_DEFAULT = Share(Decimal("0.02"))


@dataclasses.dataclass(frozen=True)
class SimulationOptions:
    """One simulated day. The same options give the same bytes of every message.

    Attributes:
        business_date: trade date of every trade.
        trades: trades that expect a confirmation and a P&L snapshot.
        seed: chooses the day's chances; runs with different seeds add up.
        break_rate: trades that carry planted breaks. The default plants every kind at least once,
            as far as there are trades; another one as many as it says, and at least one.
        duplicates: messages sent twice, byte for byte.
        late: confirmations and snapshots sent long after their trade.
        out_of_order: trades whose messages overtake each other and their neighbours.
        corrections: trades corrected by a second version.
        cancellations: trades cancelled by a second version.
        malformed: messages that are no valid record, on all feeds.
        hostile: messages made to do harm, on all feeds.
        orders: orders and their answers, on ``Trade_Order`` and ``Counter_party``; eight or more of
            them carry every kind of their breaks at least once.
        suspicions: trades that compliance must flag, one kind after the other; they come on top of
            ``trades``, and nothing else is wrong with them.
        back_office: whether a fee is booked wrong, a delivery lacks securities, and a custodian's
            statements differ. The accounts concerned need ``back_office.list_holdings`` in
            ``reference.opening_holdings``.
        mark_days: business days for which official closing marks are sent, the last of them the
            date itself; 0 sends none.
        front_trades: trades on the feed ``trades``, on which nothing is expected back.
        short_contract: trades told in the short contract (v1) instead of the full one (v2).
        rate: messages per second; None sends as fast as the broker takes them.
    """

    business_date: dt.date
    trades: int = 10_000
    seed: int = 1
    break_rate: Share = BREAK_RATE_DEFAULT
    duplicates: Share = NONE
    late: Share = NONE
    out_of_order: Share = NONE
    corrections: Share = NONE
    cancellations: Share = NONE
    malformed: Share = NONE
    hostile: Share = NONE
    orders: Share = NONE
    suspicions: Share = NONE
    back_office: bool = False
    mark_days: int = 0
    front_trades: Share = Share(Decimal("0.05"))
    short_contract: Share = SHORT_CONTRACT_DEFAULT
    rate: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.trades <= TRADES_MAX:
            raise ConfigurationError(
                f"{self.trades} trades: between 1 and {TRADES_MAX} can be made"
            )
        if not 0 <= self.seed <= SEED_MAX:
            raise ConfigurationError(f"seed {self.seed}: between 0 and {SEED_MAX} is possible")
        if not 0 <= self.mark_days <= MARK_DAYS_MAX:
            raise ConfigurationError(
                f"{self.mark_days} days of marks: between 0 and {MARK_DAYS_MAX} are possible"
            )
        if self.rate is not None and self.rate <= 0:
            raise ConfigurationError(f"{self.rate} messages per second: must be at least 1")

    def content(self) -> dict[str, str]:
        """The options that decide what is sent, as text; the pace is none of them."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "rate"]
        return {name: str(getattr(self, name)) for name in names}
