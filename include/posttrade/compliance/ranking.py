"""Trades ranked by how unusual they are, so that people look at the right ones first.

A ranking blocks nothing and concludes nothing. ``bench anomalies`` says what it finds of faults
that were put in, beside simpler and other ways.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pandas as pd
import psycopg

from posttrade.compliance.scores import COMPONENTS, Spread, measure_trades, score
from posttrade.compliance.work import open_work
from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

VALUE_DIGITS = 6
SCORE_DIGITS = 2
TEXTS = ("instrument", "market", "account", "counterparty_id")


def rank_trades(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Score every trade of a date, and keep the most unusual ones with their explanation.

    Returns:
        Trades scored; trades kept for review.

    Raises:
        ConfigurationError: no policy is in force on the date.
        Unavailable: the database does not answer.
    """
    with open_work(dsn, "rank_trades", business_date, run_id=run_id) as (steps, log):
        score_above, points_min, kept_max = _read_policy(steps.connection, business_date)
        trades = read_trades(steps.connection, business_date)
        measured = measure_trades(trades)
        scores = score(measured, points_min)
        ranked = choose(scores, trades["trade_id"], kept_max)
        steps.parameters["ranked"] = json.dumps(
            [
                {
                    "trade_id": trades.at[row, "trade_id"],
                    "rank": rank,
                    "score": f"{scores.at[row, 'score']:.{SCORE_DIGITS}f}",
                    "is_flagged": bool(scores.at[row, "score"] > float(score_above)),
                    "components": explain(row, measured, scores),
                }
                for rank, row in enumerate(ranked, start=1)
            ]
        )
        steps.parameters["counted"] = json.dumps(_count(scores))
        kept = steps.run("store_anomalies")
        log.rows_in, log.rows_out = len(trades), kept.rows_out
        return StepCounts(len(trades), kept.rows_out)


def read_trades(connection: psycopg.Connection[Any], business_date: dt.date) -> pd.DataFrame:
    """What is scored of each trade of a date."""
    text = io.BytesIO()
    statement = read_statement("compliance/copy_measures")
    with connection.cursor().copy(statement, {"business_date": business_date}) as rows:
        for block in rows:
            text.write(block)
    text.seek(0)
    # stated, so that they are numbers also on a date without trades
    numbers = dict.fromkeys(("quantity", "price", "seconds"), "float64")
    kinds = {"trade_id": "str", **dict.fromkeys(TEXTS, "category"), **numbers}
    return pd.read_csv(text, dtype=kinds, keep_default_na=False, na_values=[])


def choose(scores: pd.DataFrame, trade_ids: pd.Series[str], kept_max: int) -> list[int]:
    """The rows of the highest scores, highest first; of equal ones the lesser trade id."""
    kept = scores["score"].round(SCORE_DIGITS).nlargest(kept_max, keep="all")
    table = pd.DataFrame({"score": kept, "trade_id": trade_ids.loc[kept.index]})
    table = table[table["score"] > 0].sort_values(["score", "trade_id"], ascending=[False, True])
    return list(table.index[:kept_max])


def explain(row: int, measured: dict[str, Spread], scores: pd.DataFrame) -> dict[str, Any]:
    """What each component that is scored was, and what it was held against."""
    explained = {}
    for name in COMPONENTS:
        z, spread = scores.at[row, name], measured[name]
        if pd.notna(z):
            figures = {"value": spread.value, "median": spread.median, "mad": spread.mad}
            explained[name] = {
                "z": f"{z:.{SCORE_DIGITS}f}",
                **{key: f"{column.at[row]:.{VALUE_DIGITS}f}" for key, column in figures.items()},
                "points": int(spread.points.at[row]),
                "group": str(spread.group.at[row]),
            }
    return explained


def _read_policy(
    connection: psycopg.Connection[Any], business_date: dt.date
) -> tuple[Any, int, int]:
    statement = read_statement("compliance/read_anomaly_policy")
    row = connection.execute(statement, {"business_date": business_date}).fetchone()
    if row is None:
        raise ConfigurationError(f"anomaly_policies.csv has no policy in force on {business_date}")
    return row[0], row[1], row[2]


def _count(scores: pd.DataFrame) -> list[dict[str, Any]]:
    counted = []
    for name in COMPONENTS:
        scored = int(scores[name].notna().sum())
        for outcome, count in (("scored", scored), ("unscored", len(scores) - scored)):
            counted.append({"rule": f"anomaly_{name}", "outcome": outcome, "subject_count": count})
    return counted
