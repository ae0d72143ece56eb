"""The books of a date: what each holding closes with, its lots, and the marks that value it.

A holding is a book (account x strategy) in one instrument and currency. What it closes with leans
on what it closed with before: dates are built oldest first, and a date that closed already is built
again only for the holdings that changed before it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from posttrade.capture import StepSequence
from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

# whoever only looks at running books takes no other lock, and so holds up no capture
BOOKS_LOCK: LiteralString = "select pg_advisory_xact_lock(hashtext('books'))"
# what takes the fills of a date to lots; a date without such holdings needs no pass over its fills
LOT_STEPS = {
    "FIFO": "find_fifo_lots",
    "LIFO": "find_lifo_lots",
    "AVERAGE": "take_average_costs",
}


def build_books(steps: StepSequence, closed_date: dt.date) -> list[dt.date]:
    """Build a date that is being closed, earlier ones that are behind, and what leans on them.

    Args:
        steps: of the Dag end_of_day; its transaction holds the lock of the reconciliation.
        closed_date: the business date that is closed.

    Returns:
        Other dates of which holdings were built anew, oldest first.

    Raises:
        ConfigurationError: no rule says how a book takes its cost.
    """
    steps.connection.execute(BOOKS_LOCK)
    steps.parameters["business_date"] = closed_date
    steps.parameters["update_id"] = _fetch(steps, "begin_update")[0][0]
    steps.run("prepare_update")
    dates: list[dt.date] = []
    own_flows = StepCounts(0, 0)
    date = _find_next_date(steps, closed_date, dt.date.min)
    while date is not None:
        dates.append(date)
        steps.parameters["business_date"] = date
        flows = _build_date(steps)
        if date == closed_date:
            own_flows = flows
        if date <= closed_date:
            steps.run("build_marks")
        if date < closed_date:
            steps.run("note_changes")
        date = _find_next_date(steps, closed_date, date)
    steps.parameters["business_date"] = closed_date
    steps.run("freeze_marks", "note_changes")
    steps.counts["build_flows"] = own_flows
    dates.remove(closed_date)
    return dates


def _build_date(steps: StepSequence) -> StepCounts:
    flows = steps.run("build_flows")
    touched = steps.run("open_touched_holdings")
    methods = {row[0] for row in _fetch(steps, "list_methods")}
    if None in methods:
        raise ConfigurationError(
            f"no rule is in force on {steps.parameters['business_date']} for every book: add a row "
            "for * to include/reference_data/book_rules.csv and load reference data"
        )
    for method in sorted(methods):
        steps.run(LOT_STEPS[method])
    if touched.rows_out:
        steps.run("store_closing_positions")
    return flows


def _find_next_date(steps: StepSequence, closed_date: dt.date, after: dt.date) -> dt.date | None:
    statement = read_statement("books/find_next_date")
    scope: dict[str, Any] = {"closed_date": closed_date, "after": after}
    row = steps.connection.execute(statement, scope).fetchone()
    return row[0] if row else None


def _fetch(steps: StepSequence, name: str) -> list[tuple[Any, ...]]:
    return steps.connection.execute(read_statement(f"books/{name}"), steps.parameters).fetchall()
