"""One transaction of settlement: its lock, its parameters, its acts."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from posttrade.capture import StepSequence
from posttrade.database import StepCounts, connect
from posttrade.run_log import RunLog, StepRun
from posttrade.statements import read_statement

STEPS = "settlement"
# no trade settles later than this after its trade date: one that says so is a break
REACH_DAYS = 40
# fewer rows than these are inserted into a date that has some: a table of its own costs locks
LAID_ROWS_MIN = 20_000
# where a date's instructions take so many times the room of its events, few have any
SPARSE_RATIO_MIN = 10
# say what becomes of the instructions that a trade has already
JUDGING_STEPS = {"judge_instructions", "judge_parts"}


class SettlementWork(StepSequence):
    """Steps of ``sql/steps/settlement`` and statements of ``sql/queries/settlement``.

    Args:
        connection: in the transaction that holds the lock of settlement.
        parameters: ``run_id``, ``as_of``, ``actor``, ``effective_on`` and ``known_on`` at least.
    """

    def __init__(self, connection: psycopg.Connection[Any], parameters: dict[str, Any]) -> None:
        limits = {
            "settlement_reach_days": REACH_DAYS,
            "laid_rows_min": LAID_ROWS_MIN,
            "sparse_ratio_min": SPARSE_RATIO_MIN,
        }
        super().__init__(connection, STEPS, {**limits, **parameters})

    def ask(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        cursor = self.connection.execute(
            read_statement(f"{STEPS}/{statement}"), {**self.parameters, **more}
        )
        return cursor.fetchall()

    def ask_one(self, statement: str, **more: Any) -> Any:
        """The only value of a statement."""
        return self.ask(statement, **more)[0][0]

    def open_act(self, cause: str) -> None:
        """Announce what the next steps do; they name it."""
        self.parameters["act_id"] = self.ask_one("open_act", cause=cause)

    def note_business_dates(self, business_dates: list[dt.date]) -> None:
        """Bind the trade dates, and the settlement dates that they can have."""
        first, last = min(business_dates), max(business_dates)
        self.parameters["business_dates"] = business_dates
        self.parameters["first_settlement_date"] = first
        self.parameters["last_settlement_date"] = last + dt.timedelta(days=REACH_DAYS)

    def note_late(self, settlement_dates: Iterable[dt.date], first_made_id: int) -> None:
        """Let what was just instructed count from ``known_on``, where it could not before.

        Its date was settled before it came, or what it replaces has settled. Fails are penalised
        from the intended date, or from the day on which it was matched where that is later
        (Euronext Securities, settlement discipline regime: settlement fail penalty); what late
        matching costs beside it is not computed.

        Args:
            settlement_dates: of what was instructed.
            first_made_id: its first id; the last block of ids that was reserved.
        """
        late = sorted({date for date in settlement_dates if date < self.parameters["known_on"]})
        if late:
            self.parameters |= {"late_dates": late, "first_made_id": first_made_id}
            self.run("note_late_instructions")
            if not JUDGING_STEPS.isdisjoint(self.counts):
                self.run("note_restated_instructions")


@contextlib.contextmanager
def open_work(
    dsn: str,
    step: str,
    *,
    run_id: str,
    as_of: dt.datetime | None,
    effective_on: dt.date | None = None,
    business_date: dt.date | None = None,
    connection: psycopg.Connection[Any] | None = None,
    run_log: RunLog | None = None,
) -> Iterator[tuple[SettlementWork, StepRun]]:
    """A logged transaction under the lock of settlement.

    Args:
        dsn: the trade database.
        step: ``<dag>/<verb_noun>``, for the run log and as the actor of the events.
        run_id: the run that asks for it.
        as_of: the instant of its events; now when left out.
        effective_on: the day on which its events count; that of ``as_of`` when left out.
        business_date: for the run log.
        connection: an open connection to use; the transaction is its own or a savepoint of it.
        run_log: an open run log to use.

    Raises:
        Unavailable: the database does not answer.
    """
    moment = as_of or dt.datetime.now(dt.timezone.utc)
    today = moment.astimezone(dt.timezone.utc).date()
    parameters = {
        "run_id": run_id,
        "as_of": moment,
        "actor": step,
        "effective_on": effective_on or today,
        # what a settlement day does of itself is known on it, whenever it is run
        "known_on": effective_on or today,
    }
    with (
        (run_log or RunLog(dsn)).step(step, run_id=run_id, business_date=business_date) as log,
        _open_connection(dsn, connection) as opened,
        opened.transaction(),
    ):
        opened.execute(read_statement(f"{STEPS}/lock"))
        work = SettlementWork(opened, parameters)
        yield work, log
        log.detail = work.describe()


def record(log: StepRun, counts: StepCounts) -> StepCounts:
    """The counts, also for the run log."""
    log.rows_in, log.rows_out = counts.rows_in, counts.rows_out
    return counts


def _open_connection(
    dsn: str, connection: psycopg.Connection[Any] | None
) -> contextlib.AbstractContextManager[psycopg.Connection[Any]]:
    return connect(dsn) if connection is None else contextlib.nullcontext(connection)
