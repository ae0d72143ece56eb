"""The trade database: connections, named SQL steps, migrations.

No SQL is put together in Python: a step is a file below ``sql/steps`` with ``%(name)s`` parameters.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import logging
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from posttrade.errors import InvariantBroken, Unavailable

SQL_ROOT = Path(__file__).resolve().parents[2] / "sql"
STATEMENT_TIMEOUT_S = 900
# a process that hangs would hold its locks for ever: longer than the outbox may wait for the broker
# within its transaction, shorter than the next one waits for the locks
IDLE_TIMEOUT_S = 600
CONNECT_TIMEOUT_S = 10
# how psycopg says that the session is gone; one ended amid a transaction is of another kind
OUTAGES = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)


@dataclasses.dataclass(frozen=True)
class StepCounts:
    """What a step read and what it wrote, in rows."""

    rows_in: int
    rows_out: int


@contextlib.contextmanager
def connect(
    dsn: str,
    *,
    statement_timeout_s: int = STATEMENT_TIMEOUT_S,
    idle_timeout_s: int = IDLE_TIMEOUT_S,
    application_name: str = "posttrade",
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Open a connection in UTC; commits when the block ends well, rolls back when it does not.

    Args:
        dsn: libpq connection string or URI.
        statement_timeout_s: seconds after which the server ends a statement.
        idle_timeout_s: seconds without a statement after which the server ends the session, and
            frees what it holds; 0: never.
        application_name: how the connection shows in ``pg_stat_activity``.

    Raises:
        Unavailable: the server does not answer, breaks off, or ends a statement.
    """
    options = (
        f"-c timezone=UTC -c statement_timeout={statement_timeout_s * 1000}"
        f" -c idle_in_transaction_session_timeout={idle_timeout_s * 1000}"
        f" -c idle_session_timeout={idle_timeout_s * 1000}"
    )
    try:
        connection = psycopg.connect(
            dsn,
            options=options,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name=application_name,
        )
    except psycopg.OperationalError as error:
        raise Unavailable(f"the trade database does not answer: {error}") from error
    try:
        with connection:
            yield connection
    except OUTAGES as error:
        raise Unavailable(f"the trade database broke off: {error}") from error


@functools.lru_cache(maxsize=256)
def read_step(step: str) -> str:
    """Text of ``sql/steps/<step>.sql``; ``step`` is ``<dag>/<verb_noun>``."""
    path = SQL_ROOT / "steps" / f"{step}.sql"
    if not path.is_file():
        raise InvariantBroken(f"no step {step!r}: expected {path}")
    return path.read_text(encoding="utf-8")


def run_step(
    connection: psycopg.Connection[Any], step: str, parameters: Mapping[str, Any]
) -> StepCounts:
    """Run a named SQL step inside the caller's transaction.

    A step is one or more statements; the last one is a ``select`` of ``rows_in`` and ``rows_out``.
    Parameters are bound on the client's side, because a script of several statements cannot be
    prepared by the server; psycopg quotes every value.

    Raises:
        InvariantBroken: the step does not end with its counts.
    """
    script = read_step(step)
    cursor = psycopg.ClientCursor(connection)
    cursor.execute(script, parameters)
    while cursor.nextset():
        pass
    row = cursor.fetchone() if cursor.description else None
    if row is None or len(row) != 2:
        raise InvariantBroken(f"step {step!r} does not end with `select rows_in, rows_out`")
    return StepCounts(rows_in=int(row[0]), rows_out=int(row[1]))


def migrate(dsn: str) -> int:
    """Bring the trade database to the newest migration, and lay functions and views anew.

    Migrations run once each, in order, each in a transaction. Functions and views hold no data;
    they are laid when their text changed, views dropped first, because one that is there can
    neither lose nor rename a column. A second caller waits; the lock ends with its process.

    Returns:
        The number of migrations that were applied now.

    Raises:
        Unavailable: the database does not answer.
    """
    import yoyo  # only here: reads entry points, which costs 0.2 s

    logging.getLogger("yoyo").setLevel(logging.WARNING)
    with connect(dsn, idle_timeout_s=0) as connection:  # idle while another one migrates
        connection.autocommit = True
        connection.execute("select pg_advisory_lock(hashtext('posttrade.migrate'))")
        backend = yoyo.get_backend(_yoyo_uri(conninfo.conninfo_to_dict(dsn)))
        try:
            # yoyo's own lock is a row that outlives a killed process: ours stands in for it
            pending = backend.to_apply(yoyo.read_migrations(str(SQL_ROOT / "migrations")))
            backend.apply_migrations(pending)
        finally:
            backend.connection.close()
        with connection.transaction():
            _lay_definitions(connection)
        return len(pending)


def _lay_definitions(connection: psycopg.Connection[Any]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in definition_files()]
    fingerprint = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    row = connection.execute(
        "select fingerprint from control.laid_definitions order by laid_at desc limit 1"
    ).fetchone()
    if row == (fingerprint,):
        return
    for text in texts:
        connection.execute(sql.SQL(text))
    connection.execute(
        "insert into control.laid_definitions (fingerprint) values (%s)", (fingerprint,)
    )


def definition_files() -> list[Path]:
    """Functions first, then views, each in name order (prefixes order what must come first)."""
    functions = sorted((SQL_ROOT / "functions").glob("*.sql"))
    return functions + sorted((SQL_ROOT / "views").glob("*.sql"))


def _yoyo_uri(parts: Mapping[str, Any]) -> str:
    """Every option travels in the query, so that none is lost: TLS, sockets, several hosts."""
    return f"postgresql+psycopg:///?{urllib.parse.urlencode(parts)}"
