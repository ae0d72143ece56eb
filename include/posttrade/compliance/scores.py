"""How unusual trades are, by robust statistics. Pure: a table in, a table out.

The modified z of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): 0.6745 (x -
median) / MAD. What is far out does not widen what counts as near. A group of too few points, or
without spread, is unscored. Scores are statistics: floats, never money.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

FACTOR = 0.6745  # makes the MAD of normally distributed values their standard deviation
COMPONENTS = ("price", "size", "time", "counterparty")
NEIGHBOURS = (2, 1, -1, -2)


@dataclasses.dataclass(frozen=True)
class Spread:
    """What the values of each row are, and what they are held against; the index is the rows'."""

    value: pd.Series[float]
    median: pd.Series[float]
    mad: pd.Series[float]
    points: pd.Series[int]
    group: pd.Series[str]

    def z(self, points_min: int) -> pd.Series[float]:
        """Modified z; missing where the group is too small, has no spread, or nothing is there."""
        z = FACTOR * (self.value - self.median) / self.mad
        return z.where((self.mad > 0) & (self.points >= points_min))

    def take(self, rows: pd.Index) -> Spread:
        """The same of some rows."""
        return Spread(*(getattr(self, field.name).loc[rows] for field in dataclasses.fields(self)))


def measure_spread(value: pd.Series[float], group: pd.Series[str]) -> Spread:
    """Median, MAD and number of points of each row's group."""
    grouped = value.groupby(group, sort=False, observed=True)
    median = grouped.transform("median")
    mad = (value - median).abs().groupby(group, sort=False, observed=True).transform("median")
    return Spread(value, median, mad, grouped.transform("count"), group)


def measure_trades(trades: pd.DataFrame) -> dict[str, Spread]:
    """The components of each trade.

    - price: against the median of the four trades around it in its instrument, as a share of that:
      the day's drift is no deviation;
    - size: its logarithm, in its instrument: sizes are skewed;
    - time: seconds of the date, in its market;
    - counterparty: how rarely the account deals with it, among the account's counterparties.

    Args:
        trades: ``instrument``, ``market``, ``account``, ``counterparty_id``, ``quantity``,
            ``price``, ``seconds``; a row each, the index is unique.
    """
    instrument = trades["instrument"]
    return {
        "price": measure_spread(measure_price_gap(trades), instrument),
        "size": measure_spread(np.log(trades["quantity"]), instrument),
        "time": measure_spread(trades["seconds"], trades["market"]),
        "counterparty": measure_rarity(trades),
    }


def measure_price_gap(trades: pd.DataFrame) -> pd.Series[float]:
    """How far each price is from the median of its neighbours in time, as a share of that."""
    ordered = trades.sort_values(["instrument", "seconds"], kind="stable")
    prices = ordered["price"].groupby(ordered["instrument"], sort=False, observed=True)
    around = np.sort(np.column_stack([prices.shift(places) for places in NEIGHBOURS]), axis=1)
    known = np.count_nonzero(~np.isnan(around), axis=1)  # those that are missing are sorted last
    rows, low = np.arange(len(ordered)), np.maximum(known - 1, 0) // 2
    middle = (around[rows, low] + around[rows, known // 2]) / 2
    middle = np.where((known >= 2) & (middle != 0), middle, np.nan)
    gap = (ordered["price"] - middle) / np.abs(middle)
    return gap.reindex(trades.index)


def measure_rarity(trades: pd.DataFrame) -> Spread:
    """How rare a trade's counterparty is in its account: the points are the counterparties.

    Counts vary by chance alone; the spread is at least what a count of the median's size has
    (Poisson). Who is dealt with more often than usual is not unusual.
    """
    keys = ["account", "counterparty_id"]
    counts = trades.groupby(keys, sort=False, observed=True).size().reset_index(name="count")
    spread = measure_spread(-np.log(counts["count"]), counts["account"])
    chance = FACTOR * np.exp(spread.median / 2)  # of 1 / sqrt(count), the count being exp(-median)
    floored = dataclasses.replace(
        spread,
        value=spread.value.clip(lower=spread.median),
        mad=spread.mad.clip(lower=chance),
    )
    place = trades[keys].merge(
        counts[keys].assign(place=counts.index), on=keys, how="left", validate="many_to_one"
    )
    found = floored.take(pd.Index(place["place"]))
    return Spread(
        *(getattr(found, field.name).set_axis(trades.index) for field in dataclasses.fields(found))
    )


def score(measured: dict[str, Spread], points_min: int) -> pd.DataFrame:
    """Modified z of each component, and ``score``: the most unusual of them."""
    z = pd.DataFrame({name: spread.z(points_min) for name, spread in measured.items()})
    return z.assign(score=z.abs().max(axis=1))
