"""The run log: every step of every run, in ``control.step_runs``."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from posttrade.database import connect

DETAIL_LENGTH_MAX = 2000


@dataclass
class StepRun:
    """Filled in by the step while it runs: rows read and written, and a line for people."""

    rows_in: int | None = None
    rows_out: int | None = None
    detail: str | None = None


@contextlib.contextmanager
def step_run(
    dsn: str, *, step: str, run_id: str, business_date: dt.date | None = None
) -> Iterator[StepRun]:
    """Log one step: RUNNING at the start, then DONE or FAILED with its counts.

    The log has its own connection, so that a step that rolls back still leaves its FAILED row. A
    step killed from outside stays RUNNING: that is what happened.
    """
    with connect(dsn) as connection:
        cursor = connection.execute(
            "insert into control.step_runs (step, business_date, run_id, started_at)"
            " values (%s, %s, %s, clock_timestamp()) returning step_run_id",
            (step, business_date, run_id),
        )
        row = cursor.fetchone()
    assert row is not None  # noqa: S101  an insert with returning always gives its row
    counts = StepRun()
    try:
        yield counts
    except BaseException as error:
        counts.detail = f"{type(error).__name__}: {error}"
        _finish(dsn, row[0], "FAILED", counts)
        raise
    _finish(dsn, row[0], "DONE", counts)


def _finish(dsn: str, step_run_id: int, outcome: str, counts: StepRun) -> None:
    detail = counts.detail[:DETAIL_LENGTH_MAX].replace("\0", "") if counts.detail else None
    with connect(dsn) as connection:
        connection.execute(
            "update control.step_runs set outcome = %s, rows_in = %s, rows_out = %s, detail = %s,"
            " finished_at = clock_timestamp() where step_run_id = %s",
            (outcome, counts.rows_in, counts.rows_out, detail, step_run_id),
        )
