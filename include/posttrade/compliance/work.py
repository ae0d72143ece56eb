"""One transaction of compliance: its lock, its parameters, its row in the run log."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from posttrade.capture import StepSequence
from posttrade.database import connect
from posttrade.run_log import StepRun, step_run

if TYPE_CHECKING:
    from typing_extensions import LiteralString

STEPS = "compliance"
# two runs of a date would each find the other's rows missing
LOCK: LiteralString = "select pg_advisory_xact_lock(hashtext('compliance'))"


@contextlib.contextmanager
def open_work(
    dsn: str, task: str, business_date: dt.date, *, run_id: str
) -> Iterator[tuple[StepSequence, StepRun]]:
    """Steps of ``sql/steps/compliance`` in one logged transaction of a task of the close.

    Raises:
        Unavailable: the database does not answer.
    """
    name = f"end_of_day/{task}"
    with (
        step_run(dsn, step=name, run_id=run_id, business_date=business_date) as log,
        connect(dsn) as connection,
    ):
        connection.execute(LOCK)
        parameters = {
            "business_date": business_date,
            "run_id": run_id,
            "as_of": dt.datetime.now(dt.timezone.utc),
            "actor": name,
        }
        steps = StepSequence(connection, STEPS, parameters)
        yield steps, log
        log.detail = steps.describe()
