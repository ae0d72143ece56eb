"""Charts of what was due, and of what the date's trades will move."""

from __future__ import annotations

from decimal import Decimal

from posttrade.charts import NARROW_WIDTH, Bar, Chart, draw_bars, draw_columns
from posttrade.reports.facts import Facts, total
from posttrade.reports.typography import format_count

DUE_STATES = {
    "settled_count": "Settled",
    "netted_count": "Netted",
    "partial_count": "In part",
    "failing_count": "Failing",
    "open_count": "Open",
}


def draw_settlement_charts(facts: Facts) -> list[Chart]:
    """What was due by where it stood, the date's instructions by settlement date, fails by age."""
    charts = []
    counts = {label: total(facts.due_groups, column) for column, label in DUE_STATES.items()}
    bars = [Bar(label, count, format_count(int(count))) for label, count in counts.items() if count]
    if bars:
        title = "Instructions due on the date"
        charts.append(draw_bars("due-states", title, bars, unit="instructions", width=NARROW_WIDTH))
    ahead: dict[str, Decimal] = {}
    for row in facts.instructed_groups:
        label = f"{row['settlement_date']:%d %b}"
        ahead[label] = ahead.get(label, Decimal(0)) + row["instruction_count"]
    bars = [Bar(label, count, format_count(int(count))) for label, count in ahead.items()]
    if bars:
        title = "Instructions of the date's trades by settlement date"
        charts.append(
            draw_columns("instructed-dates", title, bars, unit="instructions", width=NARROW_WIDTH)
        )
    ages: dict[str, Decimal] = {}
    for row in facts.fail_groups:
        ages[row["age_bucket"]] = ages.get(row["age_bucket"], Decimal(0)) + row["fail_count"]
    bars = [Bar(age, count, format_count(int(count))) for age, count in ages.items()]
    if bars:
        title = "Fails by age in business days"
        charts.append(draw_columns("fail-ages", title, bars, unit="fails", width=NARROW_WIDTH))
    return charts
