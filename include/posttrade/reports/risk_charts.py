"""Charts of exposure, of chosen scenarios, and of the value at risk over time."""

from __future__ import annotations

from posttrade.charts import NARROW_WIDTH, Bar, Chart, draw_bars
from posttrade.course_charts import Day, draw_history
from posttrade.reports.facts import Facts
from posttrade.reports.typography import format_amount, format_words, minor_unit, show_text

EXPOSURES_MAX = 12


def draw_risk_charts(facts: Facts) -> list[Chart]:
    """What there is to show of exposures, scenarios and the value at risk."""
    charts = []
    exposures = [row for row in facts.counterparty_exposures if row["gross_amount"] is not None]
    if exposures:
        currency = exposures[0]["currency"]
        bars = [
            Bar(show_text(row["counterparty_id"]), row["gross_amount"],
                format_amount(row["gross_amount"], minor_unit(currency)))
            for row in exposures[:EXPOSURES_MAX]
        ]  # fmt: skip
        title = f"Gross exposure by counterparty, {show_text(currency)}"
        charts.append(
            draw_bars("counterparty-exposures", title, bars, unit=show_text(currency),
                      width=NARROW_WIDTH)
        )  # fmt: skip
    stressed = [row for row in facts.stress_results if row["pnl_amount"] is not None]
    if stressed:
        currency = stressed[0]["currency"]
        bars = [
            Bar(format_words(row["scenario_id"]), row["pnl_amount"],
                format_amount(row["pnl_amount"], minor_unit(currency)))
            for row in stressed
        ]  # fmt: skip
        title = f"What each scenario would make of the firm, {show_text(currency)}"
        charts.append(
            draw_bars("stress", title, bars, unit=show_text(currency), width=NARROW_WIDTH)
        )
    if facts.risk_history:
        days = [
            Day(row["business_date"], row["value_at_risk_amount"], row["hypothetical_pnl_amount"],
                is_marked=bool(row["is_exception"]))
            for row in facts.risk_history
        ]  # fmt: skip
        title = "Value at risk of the firm, and what the positions made"
        charts.append(draw_history("var-history", title, days, unit="base currency"))
    return charts
