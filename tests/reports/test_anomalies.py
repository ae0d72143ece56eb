"""Why a trade is ranked: its own figures, not the names of all components."""

from __future__ import annotations

from decimal import Decimal

from posttrade.reports.anomalies import describe_components


def figures(z: str, value: str, median: str, mad: str, group: str) -> dict[str, str | int]:
    return {"z": z, "value": value, "median": median, "mad": mad, "points": 40, "group": group}


COMPONENTS = {
    "price": figures("6.76", "0.025", "0", "0.0025", "AAPL"),
    "size": figures("-3.60", "0", "4.605170", "0.9", "AAPL"),
    "time": figures("0.40", "75600", "54000", "3600", "US"),
    "counterparty": figures("1.10", "-1.098612", "-3.688879", "0.5", "HOUSE"),
}


def test_only_what_is_above_the_policys_score_is_told() -> None:
    row = {"components": COMPONENTS, "score_above": Decimal("3.5")}
    assert describe_components(row) == [
        "price +2.50 % from its neighbours in time, usually within 0.25 % (z 6.76)",
        "quantity 0.01 times the usual 100 of AAPL (z -3.60)",
    ]


def test_of_a_lower_score_the_greatest_is_told() -> None:
    only = {name: COMPONENTS[name] for name in ("time", "counterparty")}
    row = {"components": only, "score_above": Decimal("3.5")}
    assert describe_components(row) == [
        "3 trades with this counterparty, usually 40 in HOUSE (z 1.10)"
    ]
    row = {"components": {"time": COMPONENTS["time"]}, "score_above": Decimal("3.5")}
    assert describe_components(row) == ["at 21:00 UTC, of US usually about 15:00 (z 0.40)"]
