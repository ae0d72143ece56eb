"""The checks of a business date: one transaction that can be repeated and then changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from posttrade.capture import StepSequence
from posttrade.database import StepCounts, connect
from posttrade.run_log import step_run

if TYPE_CHECKING:
    from typing_extensions import LiteralString

STEPS = "compliance"
CHECKS = (
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
# two runs of a date would each find the other's alerts missing
LOCK: LiteralString = "select pg_advisory_xact_lock(hashtext('compliance'))"


def check_compliance(dsn: str, business_date: dt.date, *, run_id: str) -> StepCounts:
    """Hold a date's trades, positions and identifiers against the rules in force on it.

    What is found and not known becomes an alert; what is known and found no longer is withdrawn
    with its reason; what a person closed stays closed. What could not be checked is counted.

    Returns:
        Trades looked at; alerts that the date has.

    Raises:
        Unavailable: the database does not answer.
    """
    step = "end_of_day/check_compliance"
    with (
        step_run(dsn, step=step, run_id=run_id, business_date=business_date) as log,
        connect(dsn) as connection,
    ):
        connection.execute(LOCK)
        parameters = {
            "business_date": business_date,
            "run_id": run_id,
            "as_of": dt.datetime.now(dt.timezone.utc),
            "actor": step,
        }
        steps = StepSequence(connection, STEPS, parameters)
        trades = steps.run("prepare_checks")
        steps.run(*CHECKS)
        stored = steps.run("store_alerts")
        steps.run("store_coverage")
        log.detail = steps.describe()
        log.rows_in, log.rows_out = trades.rows_in, stored.rows_out
        return StepCounts(trades.rows_in, stored.rows_out)
