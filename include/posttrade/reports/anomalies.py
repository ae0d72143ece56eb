"""Why a trade stands in the ranking of unusual ones, in words with its own figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from posttrade.reports.queries import Row

DAY_S = 86_400


def describe_components(row: Row) -> list[str]:
    """What makes a trade unusual: components above the policy's score, else the greatest one.

    Figures are statistics and rounded; the trade's own terms stand beside them.
    """
    ordered = sorted(row["components"].items(), key=lambda item: -abs(float(item[1]["z"])))
    limit = float(row["score_above"])
    chosen = [item for item in ordered if abs(float(item[1]["z"])) > limit] or ordered[:1]
    return [f"{TELLERS[name](figures)} (z {figures['z']})" for name, figures in chosen]


def _tell_price(figures: Mapping[str, Any]) -> str:
    gap, usual = float(figures["value"]) * 100, float(figures["mad"]) * 100
    return f"price {gap:+.2f} % from its neighbours in time, usually within {usual:.2f} %"


def _tell_size(figures: Mapping[str, Any]) -> str:
    value, usual = math.exp(float(figures["value"])), math.exp(float(figures["median"]))
    return f"quantity {value / usual:,.2f} times the usual {usual:,.0f} of {figures['group']}"


def _tell_time(figures: Mapping[str, Any]) -> str:
    value, usual = (_show_time(float(figures[name])) for name in ("value", "median"))
    return f"at {value} UTC, of {figures['group']} usually about {usual}"


def _tell_counterparty(figures: Mapping[str, Any]) -> str:
    value, usual = (math.exp(-float(figures[name])) for name in ("value", "median"))
    return f"{value:,.0f} trades with this counterparty, usually {usual:,.0f} in {figures['group']}"


def _show_time(seconds: float) -> str:
    minutes = int(seconds % DAY_S) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


TELLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "price": _tell_price,
    "size": _tell_size,
    "time": _tell_time,
    "counterparty": _tell_counterparty,
}
