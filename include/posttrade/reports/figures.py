"""Sub-totals and charts of the page, worked out from its facts in exact decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from posttrade.charts import NARROW_WIDTH, Bar, Chart, draw_bars, draw_columns, render_svg
from posttrade.course_charts import draw_waterfall
from posttrade.reports.comparison import lay_out
from posttrade.reports.facts import Facts, total
from posttrade.reports.queries import Row
from posttrade.reports.risk_charts import draw_risk_charts
from posttrade.reports.settlement_charts import draw_settlement_charts
from posttrade.reports.typography import (
    count_decimals,
    format_amount,
    format_count,
    format_money,
    format_words,
    show_text,
)

CHART_BARS_MAX = 12  # more are summed in one bar
CHART_CURRENCIES_MAX = 2
CHART_BOOKS_MAX = 10
# of the waterfall: its names stand beside each other
SHORT_PARTS = {"opening_positions": "opening", "levies_not_booked": "levies"}
REASONS_MAX = 7  # on the first page; the section of the rejects has all
OFFSET_COUNTS = ("offset_count", "message_count", "empty_count", "lost_count")
AMOUNTS = ("notional_amount", "brokerage_fee_amount", "clearing_fee_amount", "exchange_fee_amount")


def build_figures(facts: Facts) -> dict[str, Any]:
    """Groups and sub-totals that the template prints."""
    trades = facts.trade_summary
    return {
        "trade_count": int(total(trades, "trade_count")),
        "population": _group(trades, ("asset_class",), ("trade_count",)),
        "population_outcomes": _cross(trades, "asset_class", "outcome", "trade_count"),
        "statuses": _cross(trades, "status", "side", "trade_count"),
        "values": _group(
            [row for row in trades if row["currency"] is not None and row["status"] != "CANCELLED"],
            ("currency", "asset_class"),
            ("trade_count", *AMOUNTS),
        ),
        "breaks": _group(
            facts.break_summary, ("break_type",), ("open_count", "resolved_count", "total_count")
        ),
        "exposures_at_risk": _cross(
            [row for row in facts.break_summary if row["open_exposure_amount"] is not None],
            "break_type",
            "currency",
            "open_exposure_amount",
        ),
        "carried_count": int(total(facts.carried_breaks, "open_count")),
        "open_count": int(total(facts.break_summary, "open_count")),
        "counterparties": _cross(
            facts.break_counterparties, "counterparty_id", "break_type", "open_count"
        ),
        "listed_breaks": [
            (name, lay_out(rows, facts.business_date))
            for name, rows in _split(facts.listed_breaks, "break_type")
        ],
        "topics": _sum_topics(facts.control_offsets),
        "closed_calendars": [
            row["calendar_id"] for row in facts.calendars if not row["is_business_day"]
        ],
        "reject_reasons": _rank_reasons(facts),
        "rejects": _cross(facts.reject_summary, "reason", "feed", "reject_count"),
        "reject_count": int(total(facts.reject_summary, "reject_count")),
        "replayed_count": int(total(facts.reject_summary, "replayed_count")),
        "books": _split(facts.books, "currency"),
        "exposures": _split(facts.exposures, "currency"),
        "positions": _split(facts.listed_positions, "currency"),
    }


def draw_charts(facts: Facts) -> dict[str, str]:
    """The page's charts as SVG by name; charts without anything to show are left out."""
    charts = [
        *reconciliation_charts(facts),
        *draw_settlement_charts(facts),
        *_book_charts(facts),
        *draw_risk_charts(facts),
    ]
    if facts.trade_rhythm:
        bars = [
            Bar(f"{row['hour_at']:%H}", Decimal(row["trade_count"]),
                format_count(row["trade_count"]))
            for row in facts.trade_rhythm
        ]  # fmt: skip
        charts.append(
            draw_columns(
                "rhythm", "Executions by hour (UTC)", bars, unit="trades", width=NARROW_WIDTH
            )
        )
    return {chart.name: render_svg(chart) for chart in charts}


def reconciliation_charts(facts: Facts) -> list[Chart]:
    """Open breaks by type and by counterparty."""
    charts = []
    by_type = _sums(facts.break_summary, "break_type", "open_count")
    by_counterparty = _sums(facts.break_counterparties, "counterparty_id", "open_count")
    for name, title, sums, label in (
        ("break-types", "Open breaks by type", by_type, format_words),
        ("break-counterparties", "Open breaks by counterparty", by_counterparty, show_text),
    ):
        bars = _largest(sums, label)
        if bars:
            charts.append(draw_bars(name, title, bars, unit="open breaks", width=NARROW_WIDTH))
    return charts


def choose_currencies(facts: Facts) -> list[str]:
    """Currencies that get charts: those with the most positions."""
    held = _sums(facts.exposures, "currency", "position_count")
    ordered = sorted(held.items(), key=lambda item: (-item[1], str(item[0])))
    return [name for name, _ in ordered[:CHART_CURRENCIES_MAX]]


def _book_charts(facts: Facts) -> list[Chart]:
    charts = []
    if facts.pnl_explain:
        currency = facts.pnl_explain[0]["base_currency"]
        bars = [
            Bar(format_words(SHORT_PARTS.get(row["name"], row["name"])),
                row["base_amount"].quantize(Decimal("0.01")),
                format_amount(row["base_amount"].quantize(Decimal("0.01"))))
            for row in facts.pnl_explain
        ]  # fmt: skip
        title = f"Where the P&L of the day comes from, {show_text(currency)}"
        charts.append(draw_waterfall("pnl-explain", title, bars, unit=show_text(currency)))
    for number, currency in enumerate(choose_currencies(facts)):
        exposures = [row for row in facts.exposures if row["currency"] == currency]
        bars = [
            Bar(format_words(row["asset_class"]), row["net_amount"],
                format_money(row["net_amount"], currency))
            for row in exposures
        ]  # fmt: skip
        title = f"Net market value by asset class, {show_text(currency)}"
        charts.append(
            draw_bars(
                f"exposure-{number}", title, bars, unit=show_text(currency), width=NARROW_WIDTH
            )
        )
        books = [
            row
            for row in facts.books
            if row["currency"] == currency and row["day_pnl_amount"] is not None
        ]
        bars = [
            Bar(f"{show_text(row['account'])} / {show_text(row['strategy'])}",
                row["day_pnl_amount"], format_money(row["day_pnl_amount"], currency))
            for row in books
        ]  # fmt: skip
        if bars:
            bars.sort(key=lambda bar: -abs(bar.value))
            title = f"P&L of the day before fees by book, {show_text(currency)}"
            drawn = draw_bars(f"pnl-{number}", title, bars[:CHART_BOOKS_MAX],
                              unit=show_text(currency), width=NARROW_WIDTH)  # fmt: skip
            charts.append(drawn)
    return charts


def measure_scales(
    rows: Sequence[Row], columns: Sequence[str], currency: str | None
) -> dict[str, int]:
    """Decimals that each column of money needs, for points that stand in line."""
    return {column: count_decimals([row[column] for row in rows], currency) for column in columns}


def _sum_topics(offsets: Sequence[Row]) -> list[Row]:
    """One row a topic: its partitions, their lowest and highest watermark, and the sums."""
    return [
        {
            "topic": topic,
            "partition_count": len(rows),
            "end_offset_min": min(row["end_offset"] for row in rows),
            "end_offset_max": max(row["end_offset"] for row in rows),
            **{column: int(total(rows, column)) for column in OFFSET_COUNTS},
        }
        for topic, rows in _split(offsets, "topic")
    ]


def _rank_reasons(facts: Facts) -> list[tuple[str, int]]:
    sums = _sums(facts.reject_summary, "reason", "reject_count")
    ordered = sorted(sums.items(), key=lambda item: (-item[1], str(item[0])))
    ranked = [(format_words(name), count) for name, count in ordered]
    if len(ranked) <= REASONS_MAX + 1:
        return ranked
    rest = ranked[REASONS_MAX:]
    others = (f"{len(rest)} other reasons", sum(count for _, count in rest))
    return [*ranked[:REASONS_MAX], others]


def _largest(sums: Mapping[Any, int], label: Callable[[Any], str]) -> list[Bar]:
    ordered = sorted(sums.items(), key=lambda item: (-item[1], str(item[0])))
    bars = [
        Bar(label(name), Decimal(count), format_count(count)) for name, count in ordered if count
    ]
    rest = bars[CHART_BARS_MAX:] if len(bars) > CHART_BARS_MAX + 1 else []
    if rest:
        count = sum((bar.value for bar in rest), Decimal(0))
        others = Bar(f"{len(rest)} others", count, format_count(count))
        bars = [*bars[:CHART_BARS_MAX], others]
    return bars


def _sums(rows: Iterable[Row], key: str, column: str) -> dict[Any, int]:
    sums: dict[Any, int] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], 0) + int(row[column])
    return sums


def _group(rows: Iterable[Row], keys: Sequence[str], columns: Sequence[str]) -> list[Row]:
    groups: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        group = groups.setdefault(
            key, {**{name: row[name] for name in keys}, **dict.fromkeys(columns, Decimal(0))}
        )
        for column in columns:
            group[column] += Decimal(row[column] or 0)
    return [groups[key] for key in sorted(groups, key=lambda key: tuple(map(str, key)))]


def _cross(rows: Iterable[Row], down: str, across: str, column: str) -> dict[str, Any]:
    cells: dict[Any, dict[Any, Decimal]] = {}
    totals: dict[Any, Decimal] = {}
    for row in rows:
        line = cells.setdefault(row[down], {})
        amount = Decimal(row[column])
        line[row[across]] = line.get(row[across], Decimal(0)) + amount
        totals[row[across]] = totals.get(row[across], Decimal(0)) + amount
    lines = [
        {"name": name, "cells": cells[name], "total": sum(cells[name].values(), Decimal(0))}
        for name in sorted(cells, key=str)
    ]
    total_of_all = sum(totals.values(), Decimal(0))
    decimals = {
        name: count_decimals([line.get(name) for line in cells.values()], name) for name in totals
    }
    return {
        "lines": lines,
        "columns": sorted(totals, key=lambda name: (name is None, str(name))),
        "totals": totals,
        "total": total_of_all,
        "decimals": decimals,
        "decimals_max": max(decimals.values(), default=0),
    }


def _split(rows: Iterable[Row], key: str) -> list[tuple[Any, list[Row]]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return list(groups.items())
