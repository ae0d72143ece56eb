"""How well the ranking of unusual trades finds faults that were put into a simulated day.

Product: measure_trades and score of posttrade.compliance.scores, on a table of the day's trades. In
one of 200 trades is one fault of five kinds, by a fixed seed: a price some percent off, a price a
digit off, a size a digit or two off, an instant hours away, a counterparty that nobody deals with.
Limit: none. Peer: plain MAD, the modified z of the price in its instrument. Of both: the precision
among the first that people review in a day, as many as the policy keeps, and the area under the
curve of precision and recall (AUPRC), with the share of each kind that is found among as many
trades as are faulty.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import typer

from bench.harness import (
    REPETITIONS_MIN,
    JsonOption,
    Measured,
    RepeatOption,
    Repetition,
    RowsOption,
    measure,
    report,
    say,
    summarize,
    timed,
)
from posttrade.compliance.scores import measure_spread, measure_trades, score
from posttrade.simulator.catalogue import REFERENCE_DATA, read_catalogue, read_rows
from posttrade.simulator.trades import Trade, TradeMaker

BUSINESS_DATE = dt.date(2026, 11, 19)
ROWS = (10_000, 100_000)
FAULTS_EVERY = 200
POLICY = read_rows(REFERENCE_DATA / "anomaly_policies.csv")[-1]
REVIEWED, POINTS_MIN = int(POLICY["kept_max"]), int(POLICY["points_min"])
PEER = "plain MAD of the price"
DAY_S = 86_400
COLUMNS = ("instrument", "market", "account", "counterparty_id", "quantity", "price", "seconds")


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    as_json: JsonOption = False,
) -> None:
    """Rank days with known faults, beside the plain way. Repetition n has seed n."""
    results = []
    details: dict[str, Any] = {"reviewed": REVIEWED, "faults_every": FAULTS_EVERY, "found": []}
    for count in rows or ROWS:
        done = []
        for seed in range(1, repetitions + 1):
            product = measure("bench.anomalies", "rank_fully", count, seed)
            peer = measure("bench.anomalies", "rank_plainly", count, seed)
            done.append(Repetition(product, None, peer.seconds))
            for way, measured in (("product", product), (PEER, peer)):
                say(f"{count} trades, seed {seed}, {way}: {measured.facts}")
                details["found"].append(describe(way, count, seed, measured))
        results.append(summarize("anomalies", count, PEER, done, is_rate=False))
    report("anomalies", results, details, as_json=as_json)


def describe(way: str, count: int, seed: int, measured: Measured) -> dict[str, Any]:
    """What one way found of one day's faults."""
    return {"way": way, "rows": count, "seed": seed, **measured.facts}


def rank_fully(count: int, seed: int) -> tuple[float, dict[str, Any]]:
    """The product's ranking."""
    return rank(count, seed, lambda trades: score(measure_trades(trades), POINTS_MIN)["score"])


def rank_plainly(count: int, seed: int) -> tuple[float, dict[str, Any]]:
    """Modified z of the price in its instrument, and nothing else."""
    return rank(
        count,
        seed,
        lambda trades: measure_spread(trades["price"], trades["instrument"]).z(POINTS_MIN).abs(),
    )


def rank(
    count: int, seed: int, way: Callable[[pd.DataFrame], pd.Series[float]]
) -> tuple[float, dict[str, Any]]:
    """Seconds that a way of scoring takes, and what it finds."""
    trades, faults = make_day(count, seed)
    seconds, scores = timed(lambda: way(trades))
    return seconds, judge(scores, faults)


def judge(scores: pd.Series[float], faults: pd.Series[str]) -> dict[str, Any]:
    """Hold a ranking against the truth; of equal scores the earlier trade is first."""
    order = np.argsort(-scores.fillna(0).to_numpy(), kind="stable")
    is_fault = (faults != "").to_numpy()[order]
    hits = np.cumsum(is_fault)
    precision = hits / np.arange(1, len(is_fault) + 1)
    first = faults.to_numpy()[order][: int(hits[-1])]
    kinds = faults[faults != ""].value_counts().sort_index()
    return {
        "faults": int(hits[-1]),
        "auprc": round(float((precision * is_fault).sum() / hits[-1]), 3),
        "precision_at_review": round(float(precision[REVIEWED - 1]), 3),
        "found_by_kind": {
            kind: round(float((first == kind).sum() / total), 3) for kind, total in kinds.items()
        },
    }


def make_day(count: int, seed: int) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Simulated trades with faults, and beside each the kind of its fault, or nothing."""
    maker = TradeMaker(read_catalogue(), BUSINESS_DATE, seed)
    rows = [describe_trade(maker.make(str(place), place, count)) for place in range(count)]
    draw = random.Random(f"faults {seed}")  # noqa: S311
    kinds = sorted(FAULTS)
    faults = [""] * count
    for number, place in enumerate(draw.sample(range(count), count // FAULTS_EVERY)):
        kind = kinds[number % len(kinds)]
        faults[place] = kind
        FAULTS[kind](rows[place], draw)
    trades = pd.DataFrame(rows, columns=list(COLUMNS))
    return trades, pd.Series(faults)


def describe_trade(trade: Trade) -> dict[str, Any]:
    """What is scored of a trade."""
    instrument = trade.instrument
    return {
        "instrument": f"{instrument.symbol} {instrument.currency}",
        "market": instrument.market_id,
        "account": trade.account,
        "counterparty_id": trade.counterparty,
        "quantity": float(trade.quantity),
        "price": float(Decimal(trade.price).scaleb(-instrument.decimals)),
        "seconds": trade.executed_ms / 1000,
    }


def shift_price(row: dict[str, Any], draw: random.Random) -> None:
    """One to eight percent off."""
    row["price"] *= 1 + draw.choice((-1, 1)) * draw.uniform(0.01, 0.08)


def slip_price(row: dict[str, Any], draw: random.Random) -> None:
    """A digit too many or too few."""
    row["price"] *= draw.choice((10, 0.1))


def slip_size(row: dict[str, Any], draw: random.Random) -> None:
    """One or two digits too many."""
    row["quantity"] *= draw.choice((10, 100))


def move_instant(row: dict[str, Any], draw: random.Random) -> None:
    """Five to twelve hours later, round the clock."""
    row["seconds"] = (row["seconds"] + draw.uniform(5, 12) * 3600) % DAY_S


def swap_counterparty(row: dict[str, Any], draw: random.Random) -> None:
    """One that nobody else deals with."""
    row["counterparty_id"] = f"STRANGER-{draw.randrange(5)}"


FAULTS: dict[str, Callable[[dict[str, Any], random.Random], None]] = {
    "counterparty": swap_counterparty,
    "price_digit": slip_price,
    "price_percent": shift_price,
    "size": slip_size,
    "time": move_instant,
}

if __name__ == "__main__":
    typer.run(main)
