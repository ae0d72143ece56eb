"""The scores of the ranking: by a public example, by hand, and what they must not depend on."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posttrade.compliance.ranking import choose, explain
from posttrade.compliance.scores import measure_spread, measure_trades, score

POINTS_MIN = 8


def z_of(values: list[float], points_min: int = POINTS_MIN) -> pd.Series[float]:
    column = pd.Series(values, dtype=float)
    return measure_spread(column, pd.Series("one group", index=column.index)).z(points_min)


def make_trades(count: int = 20) -> pd.DataFrame:
    """An ordinary morning in one instrument, with eight counterparties."""
    return pd.DataFrame(
        {
            "trade_id": [f"T{place:03d}" for place in range(count)],
            "instrument": "AAPL USD",
            "market": "US",
            "account": "EQ-FLOW",
            "counterparty_id": [f"P{place % 8}" for place in range(count)],
            "quantity": [100.0 * (1 + place % 5) for place in range(count)],
            "price": [190 + 0.01 * (place * 7 % 5) for place in range(count)],
            "seconds": [50_000.0 + 60 * place for place in range(count)],
        }
    )


def test_the_example_of_spatial_eco() -> None:
    """Documentation of the R package spatialEco, function outliers (Iglewicz and Hoaglin 1993).

    x <- seq(0.1, 5, length=100); x[98:100] <- c(100, 55, 250): three scores above 9.9.
    """
    values = list(np.linspace(0.1, 5, 100))
    values[97:100] = [100, 55, 250]
    z = z_of(values)
    assert list(z[z > 9.9].index) == [97, 98, 99]


def test_by_hand() -> None:
    """Of 1 to 7 and 100 the median is 4.5, the deviations' median 2: 0.6745 x 95.5 / 2."""
    z = z_of([1, 2, 3, 4, 5, 6, 7, 100])
    assert z.iloc[-1] == pytest.approx(0.6745 * 95.5 / 2)
    assert z.iloc[0] == pytest.approx(-0.6745 * 3.5 / 2)


def test_too_few_points_and_no_spread_are_unscored() -> None:
    assert z_of([1, 2, 3, 4, 5, 6, 100]).isna().all()
    assert z_of([5] * 7 + [1000]).isna().all()


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=40),
    st.floats(0.5, 100),
    st.floats(-1e3, 1e3),
)
def test_units_do_not_matter(values: list[float], factor: float, shift: float) -> None:
    column = pd.Series(values)
    spread = (column - column.median()).abs().median()
    if spread < 1e-3:  # then rounding of floats is a spread of its own
        return
    moved = z_of([value * factor + shift for value in values])
    assert np.allclose(z_of(values), moved, rtol=1e-4, atol=1e-4, equal_nan=True)


@pytest.mark.parametrize(
    ("column", "value", "component"),
    [
        ("price", 200.0, "price"),
        ("quantity", 1e9, "size"),
        ("seconds", 3 * 86_400.0, "time"),
        ("counterparty_id", "STRANGER", "counterparty"),
    ],
)
def test_each_fault_is_first_and_explained(column: str, value: object, component: str) -> None:
    trades = make_trades(400)
    trades.loc[200, column] = value
    measured = measure_trades(trades)
    scores = score(measured, POINTS_MIN)
    ranked = choose(scores, trades["trade_id"], 5)
    assert ranked[0] == 200
    explained = explain(200, measured, scores)
    assert max(explained, key=lambda name: abs(float(explained[name]["z"]))) == component
    assert float(explained[component]["z"]) == pytest.approx(scores.at[200, "score"], abs=0.01)
    assert abs(scores.at[200, "score"]) > 3.5


def test_a_spike_does_not_accuse_its_neighbours() -> None:
    trades = make_trades(100)
    trades.loc[50, "price"] = 250.0
    prices = score(measure_trades(trades), POINTS_MIN)["price"].abs()
    assert prices.idxmax() == 50
    assert (prices.drop(50) < 3.5).all()


def test_a_drift_is_no_deviation() -> None:
    """The price doubles within the day, a step at a time; a whole day's median flags its ends."""
    trades = make_trades(400)
    trades["price"] = [100 + 0.25 * place + 0.01 * (place * 7 % 5) for place in range(400)]
    prices = score(measure_trades(trades), POINTS_MIN)["price"].abs()
    # the first two and the last two have neighbours on one side only
    assert (prices.iloc[2:-2] < 3.5).all()


def test_counts_that_chance_explains_are_not_rare() -> None:
    """Seven counterparties with 1,000 trades each and one with 960: less than two deviations."""
    counts = [1000] * 7 + [960]
    trades = make_trades(sum(counts))
    trades["counterparty_id"] = [f"P{n}" for n, count in enumerate(counts) for _ in range(count)]
    rarity = score(measure_trades(trades), POINTS_MIN)["counterparty"]
    assert rarity.max() == pytest.approx(math.log(1000 / 960) * math.sqrt(1000), abs=0.01)
    assert rarity.min() == 0


def test_equal_scores_are_ranked_by_trade_id() -> None:
    scores = pd.DataFrame({"score": [1.0, 2.0, 2.001, 0.0, math.nan]})
    assert choose(scores, pd.Series(["A", "C", "B", "D", "E"]), 9) == [2, 1, 0]
    assert choose(scores, pd.Series(["A", "C", "B", "D", "E"]), 1) == [2]
