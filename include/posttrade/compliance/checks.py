"""The checks of a business date: one transaction that can be repeated and then changes nothing."""

from __future__ import annotations

import datetime as dt

from posttrade.compliance.work import open_work
from posttrade.database import StepCounts

CHECKS = (
    "find_bands",
    "check_price_bands",
    "check_trade_sizes",
    "check_restrictions",
    "check_positions",
    "check_wash_trades",
    "find_late_reports",
    "check_reports",
    "check_duplicates",
    "check_identifiers",
)


def check_compliance(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Hold a date's trades, positions and identifiers against the rules in force on it.

    What is found and not known becomes an alert; what is known and found no longer is withdrawn
    with its reason; what a person closed stays closed. What could not be checked is counted.

    Returns:
        Trades looked at; alerts that the date has.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(dsn, "check_compliance", business_date, run_id=run_id) as (steps, log):
        log.rows_in = steps.run("prepare_checks").rows_in
        steps.run(*CHECKS)
        log.rows_out = steps.run("store_alerts").rows_out
        steps.run("store_coverage")
        return StepCounts(log.rows_in, log.rows_out)
