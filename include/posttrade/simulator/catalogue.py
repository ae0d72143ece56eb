"""What a simulated day trades: instruments with price levels, the markets' hours, books, parties.

What an instrument is comes from the product's own reference data; ``price_levels.csv`` beside this
module adds what only a simulation needs: where prices start, how fine they are, how large lots are.
"""

from __future__ import annotations

import bisect
import csv
import dataclasses
import datetime as dt
import hashlib
import itertools
import json
from decimal import Decimal
from pathlib import Path

from posttrade.errors import ConfigurationError

REFERENCE_DATA = Path(__file__).resolve().parents[2] / "reference_data"
SIMULATION_DATA = Path(__file__).resolve().parent
CENT_DECIMALS = 2


@dataclasses.dataclass(frozen=True)
class FeeSchedule:
    """Fees of an asset class: (ten-millionths of the notional, hundredths of a cent a lot)."""

    brokerage: tuple[int, int]
    clearing: tuple[int, int]
    exchange: tuple[int, int]


FEES = {
    "EQUITY": FeeSchedule((1_000, 0), (25, 0), (80, 0)),
    "BOND": FeeSchedule((150, 0), (20, 0), (10, 0)),
    "DERIVATIVE": FeeSchedule((0, 8_500), (0, 1_200), (0, 11_800)),
    "FX": FeeSchedule((60, 0), (8, 0), (4, 0)),
    "COMMODITY": FeeSchedule((0, 11_000), (0, 2_500), (0, 15_000)),
}
# Books take the asset classes their desk trades: (account, strategy).
BOOKS = {
    "EQUITY": (
        ("EQ-PRIME", "STAT_ARB"),
        ("EQ-PRIME", "MOMENTUM"),
        ("EQ-FLOW", "MARKET_MAKING"),
        ("CLIENT-01", "VWAP_EXECUTION"),
    ),
    "BOND": (
        ("RATES-01", "RELATIVE_VALUE"),
        ("RATES-01", "CARRY"),
        ("TREASURY", "LIQUIDITY"),
    ),
    "DERIVATIVE": (
        ("EQ-PRIME", "HEDGE"),
        ("MACRO-01", "VOLATILITY"),
        ("MACRO-01", "MOMENTUM"),
    ),
    "FX": (("FX-01", "MARKET_MAKING"), ("FX-01", "CARRY"), ("TREASURY", "HEDGE")),
    "COMMODITY": (("MACRO-01", "TREND"), ("CMDTY-01", "CALENDAR_SPREAD")),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument; prices are whole numbers of ``10 ** -decimals`` of its currency.

    Quantities count the unit that the price is for: shares, 100 of face value, the underlying of
    derivatives (a lot is the contract's multiplier), base currency, barrels or ounces. So notional
    is quantity times price for every asset class.
    """

    symbol: str
    asset_class: str
    currency: str
    market_id: str
    venue: str
    decimals: int
    tick: int
    start_price: int
    day_range_ticks: int
    lot: int
    lots_max: int
    weight: int
    json_symbol: str
    position_in_list: int

    @property
    def is_short_contract_possible(self) -> bool:
        """Whether the short contract tells it fully: its source fills in dollars."""
        return self.asset_class == "EQUITY" and self.currency == "USD"


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """When a market trades, in its own zone, and its part of the day's trades."""

    market_id: str
    timezone: str
    opens_at: dt.time
    closes_at: dt.time
    instruments: tuple[Instrument, ...]
    cumulative_weights: tuple[int, ...]

    def choose_instrument(self, chance: float) -> Instrument:
        """The instrument that a chance from 0 to 1 (exclusive) falls on, by the weights."""
        place = bisect.bisect_right(self.cumulative_weights, chance * self.cumulative_weights[-1])
        return self.instruments[place]


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """Everything there is to trade, and with whom."""

    sessions: tuple[Session, ...]
    counterparties: tuple[str, ...]
    fingerprint: str

    @property
    def instruments(self) -> list[Instrument]:
        """All instruments, by their place in the list."""
        found = itertools.chain.from_iterable(session.instruments for session in self.sessions)
        return sorted(found, key=lambda instrument: instrument.position_in_list)


def read_catalogue(reference_data: Path = REFERENCE_DATA) -> Catalogue:
    """Read the reference data and the simulation's price levels.

    Raises:
        ConfigurationError: a file is missing, or a price level names an unknown instrument.
    """
    paths = [
        reference_data / "instruments.csv",
        reference_data / "counterparties.csv",
        reference_data / "markets.csv",
        SIMULATION_DATA / "price_levels.csv",
        SIMULATION_DATA / "sessions.csv",
    ]
    known, parties, markets, levels, hours = (read_rows(path) for path in paths)
    by_symbol = {row["symbol"]: row for row in known}
    instruments = [
        _make_instrument(by_symbol, level, position) for position, level in enumerate(levels)
    ]
    zones = {row["market_id"]: row["timezone"] for row in markets}
    sessions = tuple(_make_session(row, zones[row["market_id"]], instruments) for row in hours)
    untraded = {each.market_id for each in instruments} - {row["market_id"] for row in hours}
    if untraded:
        raise ConfigurationError(f"sessions.csv has no hours for {', '.join(sorted(untraded))}")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths))
    return Catalogue(
        sessions=tuple(session for session in sessions if session.instruments),
        counterparties=tuple(
            row["counterparty_id"] for row in parties if row["counterparty_id"] != "UNKNOWN"
        ),
        fingerprint=digest.hexdigest()[:16],
    )


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file of ours.

    Raises:
        ConfigurationError: the file is missing.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise ConfigurationError(f"the simulation needs {path}, which is missing") from error


def _make_instrument(
    known: dict[str, dict[str, str]], level: dict[str, str], position: int
) -> Instrument:
    symbol = level["symbol"]
    if symbol not in known:
        raise ConfigurationError(f"price_levels.csv has {symbol!r}; instruments.csv does not")
    facts = known[symbol]
    decimals = max(CENT_DECIMALS, -int(Decimal(level["tick"]).as_tuple().exponent))
    price, tick = (_scale(level[column], decimals) for column in ("price", "tick"))
    return Instrument(
        symbol=symbol,
        asset_class=facts["asset_class"],
        currency=facts["currency"],
        market_id=facts["market_id"],
        venue=level["venue"],
        decimals=decimals,
        tick=tick,
        start_price=price,
        day_range_ticks=max(4, price * int(level["day_range_bps"]) // (10_000 * tick)),
        lot=int(level["lot"]),
        lots_max=int(level["lots_max"]),
        weight=int(level["weight"]),
        json_symbol=json.dumps(symbol),
        position_in_list=position,
    )


def _scale(text: str, decimals: int) -> int:
    return int(Decimal(text).scaleb(decimals).to_integral_exact())


def _make_session(row: dict[str, str], zone: str, instruments: list[Instrument]) -> Session:
    own = [each for each in instruments if each.market_id == row["market_id"]]
    return Session(
        market_id=row["market_id"],
        timezone=zone,
        opens_at=dt.time.fromisoformat(row["opens_at"]),
        closes_at=dt.time.fromisoformat(row["closes_at"]),
        instruments=tuple(own),
        cumulative_weights=tuple(itertools.accumulate(each.weight for each in own)),
    )
