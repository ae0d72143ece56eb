"""What the pack says of one business date, read in one snapshot of the database."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from posttrade.errors import GateFailed
from posttrade.reports.queries import Connection, Row, copy_to_file, execute, fetch_rows

LISTED_BREAKS_MAX = 10  # rows of each type on the page; the CSV holds all
LISTED_ALERTS_MAX = 20
LISTED_ANOMALIES_MAX = 10
LISTED_FAILS_MAX = 8  # rows of each currency on the page
LISTED_OVERRIDES_MAX = 25
LISTED_DIFFERENCES_MAX = 12
LISTED_REJECTS_MAX = 12
LISTED_POSITIONS_MAX = 8  # rows of each currency on the page
TABLES = (
    "affirmation",
    "breaks",
    "carried_breaks",
    "compliance_alerts",
    "control_offsets",
    "control_totals",
    "fails",
    "fees",
    "margin",
    "mark_overrides",
    "movements",
    "penalties",
    "pnl_summary",
    "positions",
    "reconciliation_summary",
    "reject_summary",
    "rejects",
    "risk",
    "settled_positions",
    "settlement",
    "trade_summary",
)
OUTCOMES = (
    "matched",
    "mismatched",
    "unmatched",
    "not_expected",
    "cancelled",
    "pending",
    "uncompared",
)


DUE_COUNTS = ("settled", "netted", "partial", "failing", "open")


@dataclasses.dataclass(frozen=True)
class Facts:
    """Rows of the report queries, each list in its printed order; amounts are exact decimals."""

    business_date: dt.date
    header: Row
    tolerances: list[Row]
    calendars: list[Row]
    control_totals: list[Row]
    control_offsets: list[Row]
    trade_summary: list[Row]
    trade_totals: list[Row]
    trade_rhythm: list[Row]
    break_summary: list[Row]
    carried_breaks: list[Row]
    break_counterparties: list[Row]
    listed_breaks: list[Row]
    due_groups: list[Row]
    netting: list[Row]
    fail_groups: list[Row]
    listed_fails: list[Row]
    penalties: list[Row]
    instructed_groups: list[Row]
    order_states: list[Row]
    cash_movements: list[Row]
    securities_movements: list[Row]
    fee_coverage: list[Row]
    fee_summary: list[Row]
    affirmation_rates: list[Row]
    reject_summary: list[Row]
    listed_rejects: list[Row]
    quality_suites: list[Row]
    quality_findings: list[Row]
    warnings: list[Row]
    side_counts: list[Row]
    unclosed_dates: list[Row]
    books: list[Row]
    stale_positions: list[Row]
    exposures: list[Row]
    listed_positions: list[Row]
    pnl_totals: list[Row]
    pnl_explain: list[Row]
    accounting: list[Row]
    mark_overrides: list[Row]
    settled_positions: list[Row]
    counterparty_exposures: list[Row]
    concentration: list[Row]
    value_at_risk: list[Row]
    risk_history: list[Row]
    stress_results: list[Row]
    risk_limits: list[Row]
    margin_calls: list[Row]
    compliance_summary: list[Row]
    listed_alerts: list[Row]
    top_anomalies: list[Row]
    statements: list[Row]


def read_facts(connection: Connection, business_date: dt.date) -> Facts:
    """Read everything the page shows; call it and ``export_tables`` in one transaction.

    What takes a pass over all records of the date is grouped first, into temporary tables that both
    read.

    Raises:
        GateFailed: the date was never closed, so there is nothing to sign.
    """
    execute(connection, "prepare_inputs", business_date=business_date)
    execute(connection, "prepare_trade_groups", business_date=business_date)
    execute(connection, "prepare_positions", business_date=business_date)
    execute(connection, "prepare_overrides", business_date=business_date)
    execute(connection, "prepare_settled_positions", business_date=business_date)
    execute(connection, "prepare_movements", business_date=business_date)
    execute(connection, "prepare_affirmation", business_date=business_date)
    execute(connection, "prepare_fees", business_date=business_date)
    header = fetch_rows(connection, "read_header", business_date=business_date)
    if not header:
        raise GateFailed(
            f"business date {business_date} was never closed: no row in control.closes; "
            f"run `posttrade close {business_date}` first"
        )
    limits = {
        "listed_breaks": LISTED_BREAKS_MAX,
        "listed_alerts": LISTED_ALERTS_MAX,
        "listed_fails": LISTED_FAILS_MAX,
        "listed_rejects": LISTED_REJECTS_MAX,
        "mark_overrides": LISTED_OVERRIDES_MAX,
        "settled_positions": LISTED_DIFFERENCES_MAX,
        "listed_positions": LISTED_POSITIONS_MAX,
        "top_anomalies": LISTED_ANOMALIES_MAX,
    }
    lists: dict[str, Any] = {}
    for field in dataclasses.fields(Facts)[2:]:
        parameters: dict[str, Any] = {"business_date": business_date}
        if field.name in limits:
            parameters["rows_max"] = limits[field.name]
        lists[field.name] = fetch_rows(connection, f"read_{field.name}", **parameters)
    return Facts(business_date=business_date, header=header[0], **lists)


def export_tables(connection: Connection, business_date: dt.date, folder: Path) -> list[Path]:
    """Write the pack's CSV files (RFC 4180, UTF-8, lines end with LF) straight from the server."""
    paths = []
    for table in TABLES:
        path = folder / f"{table}_{business_date:%Y%m%d}.csv"
        copy_to_file(connection, f"export_{table}", path, business_date=business_date)
        paths.append(path)
    return paths


def count_outcomes(facts: Facts) -> dict[str, int]:
    """Trades by outcome; only outcomes that occur, in their fixed order."""
    counts = _sum_by(facts.trade_summary, "outcome", "trade_count")
    return {outcome: counts[outcome] for outcome in OUTCOMES if outcome in counts}


def summarise(facts: Facts) -> dict[str, Any]:
    """The pack's counts as plain JSON values: what mails, the command line and comparisons use.

    ``breaks`` holds the open ones of the three-way reconciliation, by type, and ``other_breaks``
    those of orders, settlement, fees and statements; ``carried_breaks`` those of earlier dates that
    were still open; ``due``: instructions due on the date, by where they stood at its end;
    ``replayed``: how many of the rejects were mended and sent again since. What does not
    occur is absent.
    """
    outcomes = count_outcomes(facts)
    of_trades = [row for row in facts.break_summary if row["subject_kind"] == "TRADE"]
    others = [row for row in facts.break_summary if row["subject_kind"] != "TRADE"]
    breaks = _sum_by(of_trades, "break_type", "open_count")
    other_breaks = _sum_by(others, "break_type", "open_count")
    carried = _sum_by(facts.carried_breaks, "break_type", "open_count")
    rejects = _sum_by(facts.reject_summary, "reason", "reject_count")
    due = {name: int(total(facts.due_groups, f"{name}_count")) for name in DUE_COUNTS}
    return {
        "matched": outcomes.get("matched", 0),
        "outcomes": outcomes,
        "breaks": {name: count for name, count in sorted(breaks.items()) if count},
        "other_breaks": {kind: count for kind, count in sorted(other_breaks.items()) if count},
        "carried_breaks": dict(sorted(carried.items())),
        "due": {name: count for name, count in due.items() if count},
        "rejects": dict(sorted(rejects.items())),
        "replayed": int(total(facts.reject_summary, "replayed_count")),
        "control_totals": {
            row["feed"]: {
                "received": int(row["received_count"]),
                "accepted": int(row["accepted_count"]),
                "rejected": int(row["rejected_count"]),
                "duplicate": int(row["duplicate_count"]),
                "offsets": int(row["offset_count"]),
            }
            for row in facts.control_totals
        },
    }


def total(rows: Iterable[Row], column: str) -> Decimal:
    """Exact sum of a column; nulls count as nothing."""
    return sum((Decimal(row[column]) for row in rows if row[column] is not None), Decimal(0))


def _sum_by(rows: Iterable[Row], key: str, column: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[key]] = counts.get(row[key], 0) + int(row[column])
    return counts
