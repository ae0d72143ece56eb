"""The run log: every step of every run, in ``control.step_runs``."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from posttrade.database import connect
from posttrade.errors import Unavailable
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import Self

DETAIL_LENGTH_MAX = 2000
log = logging.getLogger(__name__)


@dataclass
class StepRun:
    """Filled in by the step while it runs: rows read and written, and a line for people."""

    rows_in: int | None = None
    rows_out: int | None = None
    detail: str | None = None


class RunLog:
    """Writes the run log on connections of its own, so that a step that rolls back leaves its row.

    As a context it keeps one connection open, for who logs several steps a second: its rows are
    flushed a moment after they are written, and a server that dies may lose the last of them.
    Outside a context each row has its own connection.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._kept: psycopg.Connection[Any] | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Open the connection.

        Raises:
            Unavailable: the database does not answer.
        """
        connection = connect(self._dsn, application_name="posttrade run log")
        self._kept = self._stack.enter_context(connection)
        self._kept.autocommit = True
        self._kept.execute("set synchronous_commit = off")
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self._kept = None
        self._stack.close()

    @contextlib.contextmanager
    def step(
        self, step: str, *, run_id: str, business_date: dt.date | None = None
    ) -> Iterator[StepRun]:
        """Log one step: RUNNING at the start, then DONE or FAILED with its counts.

        A step killed from outside stays RUNNING: that is what happened.

        Raises:
            Unavailable: the database does not answer.
        """
        begun = {"step": step, "run_id": run_id, "business_date": business_date}
        row = self._write("control/begin_step", begun)
        assert row is not None  # noqa: S101  an insert with returning always gives its row
        counts = StepRun()
        try:
            yield counts
        except BaseException as error:
            counts.detail = f"{type(error).__name__}: {error}"
            failed = {"step_run_id": row[0], "outcome": "FAILED", **_columns(counts)}
            self._write_failure("control/finish_step", failed)
            raise
        done = {"step_run_id": row[0], "outcome": "DONE", **_columns(counts)}
        self._write("control/finish_step", done)

    @contextlib.contextmanager
    def quiet_step(self, step: str, *, run_id: str) -> Iterator[StepRun]:
        """Log a step that often finds nothing to do: one row, afterwards, if it counted or failed.

        Raises:
            Unavailable: the database does not answer.
        """
        begun = {"step": step, "run_id": run_id, "started_at": dt.datetime.now(dt.timezone.utc)}
        counts = StepRun()
        try:
            yield counts
        except BaseException as error:
            counts.detail = f"{type(error).__name__}: {error}"
            failed = {**begun, "outcome": "FAILED", **_columns(counts)}
            self._write_failure("control/note_step", failed)
            raise
        if counts != StepRun():
            self._write("control/note_step", {**begun, "outcome": "DONE", **_columns(counts)})

    def _write_failure(self, statement: str, parameters: dict[str, Any]) -> None:
        try:
            self._write(statement, parameters)
        except Unavailable:  # what the step failed with says more
            log.warning("the run log cannot note a failure", exc_info=True)

    def _write(self, statement: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        with self._connection() as connection:
            cursor = connection.execute(read_statement(statement), parameters)
            row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
        return row

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        if self._kept is None:
            with connect(self._dsn) as connection:
                yield connection
            return
        try:
            yield self._kept
        except psycopg.OperationalError as error:
            raise Unavailable(f"the trade database broke off: {error}") from error


def step_run(
    dsn: str, *, step: str, run_id: str, business_date: dt.date | None = None
) -> contextlib.AbstractContextManager[StepRun]:
    """Log one step on connections that live no longer than their rows take."""
    return RunLog(dsn).step(step, run_id=run_id, business_date=business_date)


def _columns(counts: StepRun) -> dict[str, Any]:
    detail = counts.detail[:DETAIL_LENGTH_MAX].replace("\0", "") if counts.detail else None
    return {"rows_in": counts.rows_in, "rows_out": counts.rows_out, "detail": detail}
