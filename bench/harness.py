"""What every benchmark shares: a database to throw away, repetitions that alternate, a result.

A figure means something only beside its limit and its peer, measured in the same run on the same
machine: the ratios of each repetition are taken first, and their medians are reported.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg
from psycopg import conninfo, sql

if TYPE_CHECKING:
    from typing_extensions import LiteralString

RESULTS = Path(__file__).parent / "results"
STATEMENTS = Path(__file__).parent / "sql"
CHILD_TIMEOUT_S = 3600
REPETITIONS_MIN = 3


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one run in a process of its own came to.

    Attributes:
        seconds: time of the work alone, as the function told it.
        facts: whatever else it told.
        peak_rss_mb: the most memory its process ever held.
    """

    seconds: float
    facts: dict[str, Any]
    peak_rss_mb: float


@dataclasses.dataclass(frozen=True)
class Repetition:
    """The product, its limit and its peer, one after the other; seconds for the same rows."""

    product: Measured
    limit_seconds: float
    peer_seconds: float | None


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a result: medians over the repetitions; ratios are medians of ratios.

    Attributes:
        seconds: of the product.
        limit_ratio: for a rate, the product's share of the limit's; for a time, how many times it.
        peer_ratio: how many times as long the peer takes.
        peak_rss_mb: the most memory that the product's own process held in any repetition.
    """

    benchmark: str
    rows: int
    seconds: float
    limit_seconds: float
    limit_ratio: float
    peer: str
    peer_seconds: float | None
    peer_ratio: float | None
    peak_rss_mb: float


def summarize(
    benchmark: str, rows: int, peer: str, repetitions: Sequence[Repetition], *, is_rate: bool
) -> Row:
    """The medians of some repetitions."""

    def ratio(each: Repetition) -> float:
        times = each.product.seconds / each.limit_seconds
        return 1 / times if is_rate else times

    peers = [
        (each.peer_seconds, each.peer_seconds / each.product.seconds)
        for each in repetitions
        if each.peer_seconds is not None
    ]
    return Row(
        benchmark=benchmark,
        rows=rows,
        seconds=round(statistics.median(each.product.seconds for each in repetitions), 3),
        limit_seconds=round(statistics.median(each.limit_seconds for each in repetitions), 3),
        limit_ratio=round(statistics.median(map(ratio, repetitions)), 3),
        peer=peer,
        peer_seconds=round(statistics.median(each[0] for each in peers), 3) if peers else None,
        peer_ratio=round(statistics.median(each[1] for each in peers), 2) if peers else None,
        peak_rss_mb=round(max(each.product.peak_rss_mb for each in repetitions), 1),
    )


def measure(module: str, function: str, *arguments: Any) -> Measured:
    """Run ``module.function`` in a fresh process; it gives (seconds of the work, other facts).

    Raises:
        RuntimeError: it failed; the message is its error.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_child, args=(theirs, module, function, arguments))
    process.start()
    theirs.close()
    try:
        if not ours.poll(CHILD_TIMEOUT_S):
            raise RuntimeError(f"{module}.{function}: nothing after {CHILD_TIMEOUT_S} s")
        outcome, value = ours.recv()
    except EOFError:
        outcome, value = "error", "its process ended"
    finally:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
    if outcome == "error":
        raise RuntimeError(f"{module}.{function}: {value}")
    return Measured(*value)


def _run_child(pipe: Any, module: str, function: str, arguments: tuple[Any, ...]) -> None:
    try:
        seconds, facts = getattr(importlib.import_module(module), function)(*arguments)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak_mb = peak / (2**20 if sys.platform == "darwin" else 2**10)
        pipe.send(("done", (seconds, facts, peak_mb)))
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        pipe.send(("error", f"{type(error).__name__}: {error}"))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that the work took, and what it gave."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def read_sql(name: str) -> LiteralString:
    """Text of ``bench/sql/<name>.sql``."""
    return cast("LiteralString", (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8"))


@contextlib.contextmanager
def open_server(dsn: str | None) -> Iterator[str]:
    """A server to make databases on: the one named, or an embedded one for this run."""
    if dsn is not None:
        yield dsn
        return
    from posttrade.embedded import postgres, supervisor
    from posttrade.instance import Instance

    with tempfile.TemporaryDirectory(prefix="posttrade-bench-") as folder:
        instance = Instance.create(Path(folder))
        try:
            postgres.start(instance)
            yield postgres.administrator_dsn(instance)
        finally:
            supervisor.stop_services(instance, ["postgres"])


@contextlib.contextmanager
def open_database(server_dsn: str) -> Iterator[str]:
    """A migrated trade database with reference data, dropped at the end."""
    from posttrade.embedded.stack import prepare_trade_database

    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            database_dsn = conninfo.make_conninfo(server_dsn, dbname=name)
            prepare_trade_database(database_dsn)
            yield database_dsn
        finally:
            drop = sql.SQL("drop database if exists {} with (force)")
            connection.execute(drop.format(sql.Identifier(name)))


def report(name: str, rows: Sequence[Row], details: dict[str, Any]) -> None:
    """Print a table, and write ``bench/results/<name>.json``."""
    fields = [field.name for field in dataclasses.fields(Row)]
    lines = [fields, *([str(getattr(row, field)) for field in fields] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(fields))]
    for line in lines:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))
    RESULTS.mkdir(exist_ok=True)
    result = {
        "rows": [dataclasses.asdict(row) for row in rows],
        "details": details,
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0]},
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")
    print(f"written to {path}", file=sys.stderr)


def say(message: str) -> None:
    """Tell how far the run is."""
    print(message, file=sys.stderr, flush=True)
