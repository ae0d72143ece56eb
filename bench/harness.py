"""What every benchmark shares: a database to throw away, repetitions that alternate, a result.

A figure means something only beside its limit and its peer, measured in the same run on the same
machine: the ratios of each repetition are taken first, and their medians are reported.

A benchmark is a module ``bench/<name>.py`` that ends with ``typer.run(main)``. Its docstring begins
with the question in one line; the words ``Product:``, ``Limit:`` and ``Peer:`` begin what is timed.
``main`` takes the options below by their types (``RowsOption``, ``RepeatOption``, ``PeerOption``,
``DsnOption``, ``JsonOption``), and ends with ``report``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, cast

import psycopg
import typer
from psycopg import conninfo, sql

from bench import bars, environment

if TYPE_CHECKING:
    from typing_extensions import LiteralString

RESULTS = Path(__file__).parent / "results"
STATEMENTS = Path(__file__).parent / "sql"
TRIALS = "trials"  # runs of other sizes than the bars' lie apart, and are not tracked
CHILD_TIMEOUT_S = 3600
REPETITIONS_MIN = 3

RowsOption = Annotated[
    list[int] | None, typer.Option("--rows", min=1, help="Size; repeat for several sizes.")
]
RepeatOption = Annotated[
    int,
    typer.Option("--repeat", "--repetitions", min=REPETITIONS_MIN, help="Repetitions, at least 3."),
]
PeerOption = Annotated[bool, typer.Option("--peer/--no-peer", help="Run the peer, too.")]
DsnOption = Annotated[
    str | None, typer.Option("--dsn", help="PostgreSQL server; default: one started for this run.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, as the last line.")
]


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
    limit_seconds: float | None
    peer_seconds: float | None


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a result: medians over the repetitions; ratios are medians of ratios.

    Attributes:
        seconds: of the product.
        limit_ratio: for a rate, the product's share of the limit's; for a time, how many times it.
        peer_ratio: how many times as long the peer takes.
        peak_rss_mb: the most memory that the product's own process held in any repetition.
        variant: which of several ways of the product; empty where there is one.
        limit: what the limit is, in a few words.
        is_rate: whether ``limit_ratio`` compares rates.
        limit_ratio_range: the lowest and the highest ratio of a repetition.
        repetitions: what each of them came to.
    """

    benchmark: str
    rows: int
    seconds: float
    limit_seconds: float | None
    limit_ratio: float | None
    peer: str
    peer_seconds: float | None
    peer_ratio: float | None
    peak_rss_mb: float
    variant: str = ""
    limit: str = ""
    is_rate: bool = False
    limit_ratio_range: tuple[float, float] | None = None
    repetitions: tuple[Repetition, ...] = ()


PRINTED = ("benchmark", "variant", "rows", "seconds", "limit_seconds", "limit_ratio",
           "peer", "peer_seconds", "peer_ratio", "peak_rss_mb")  # fmt: skip


def summarize(
    benchmark: str,
    rows: int,
    peer: str,
    repetitions: Sequence[Repetition],
    *,
    is_rate: bool,
    variant: str = "",
    limit: str = "",
) -> Row:
    """The medians of some repetitions."""

    def ratio(seconds: float, limit_seconds: float) -> float:
        return limit_seconds / seconds if is_rate else seconds / limit_seconds

    limits = [
        (each.limit_seconds, ratio(each.product.seconds, each.limit_seconds))
        for each in repetitions
        if each.limit_seconds is not None
    ]
    peers = [
        (each.peer_seconds, each.peer_seconds / each.product.seconds)
        for each in repetitions
        if each.peer_seconds is not None
    ]
    ratios = [round(each[1], 3) for each in limits]
    return Row(
        benchmark=benchmark,
        rows=rows,
        seconds=round(statistics.median(each.product.seconds for each in repetitions), 3),
        limit_seconds=median(limits, 0, 3),
        limit_ratio=median(limits, 1, 3),
        peer=peer,
        peer_seconds=median(peers, 0, 3),
        peer_ratio=median(peers, 1, 2),
        peak_rss_mb=round(max(each.product.peak_rss_mb for each in repetitions), 1),
        variant=variant,
        limit=limit,
        is_rate=is_rate,
        limit_ratio_range=(min(ratios), max(ratios)) if ratios else None,
        repetitions=tuple(repetitions),
    )


def median(pairs: Sequence[tuple[float, float]], place: int, digits: int) -> float | None:
    """Median of the pairs' first or second values; None where there is no pair."""
    return round(statistics.median(pair[place] for pair in pairs), digits) if pairs else None


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
        pipe.send(("done", (seconds, facts, read_peak_rss_mb())))
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        pipe.send(("error", f"{type(error).__name__}: {error}"))


def read_peak_rss_mb() -> float:
    """The most memory that this process ever held.

    On Linux not from getrusage: that goes on with what the parent held when it started this one.
    """
    if sys.platform == "linux":
        return _read_status_mb("VmHWM:")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def read_rss_mb() -> float:
    """What this process holds now; where the system does not tell, the most it ever held."""
    return _read_status_mb("VmRSS:") if sys.platform == "linux" else read_peak_rss_mb()


def _read_status_mb(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (size_kb,) = (line.split()[1] for line in status.splitlines() if line.startswith(name))
    return int(size_kb) / 2**10


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
        note_server(dsn)
        yield dsn
        return
    from posttrade.embedded import postgres, supervisor
    from posttrade.instance import Instance

    with tempfile.TemporaryDirectory(prefix="posttrade-bench-") as folder:
        instance = Instance.create(Path(folder))
        try:
            postgres.start(instance)
            note_server(postgres.administrator_dsn(instance))
            yield postgres.administrator_dsn(instance)
        finally:
            supervisor.stop_services(instance, ["postgres"])


def note_server(dsn: str) -> None:
    """Keep the server's version and the settings that decide how fast it is."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in connection.execute(read_sql("read_server_settings")).fetchall():
            environment.note_version(name, value)


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


def report(
    name: str, rows: Sequence[Row], details: dict[str, Any], *, as_json: bool = False
) -> None:
    """Print a table with the bars, and write the result to ``bench/results``.

    Args:
        details: whatever else belongs to the result; a ``remark`` is printed, and on the page.
    """
    result = {
        "benchmark": name,
        "rows": [dataclasses.asdict(row) for row in rows],
        "details": details,
        **environment.describe_environment(),
    }
    print_table(rows, sys.stderr if as_json else sys.stdout)
    for judgement in bars.judge(name, result["rows"]):
        print(judgement.describe(), file=sys.stderr if as_json else sys.stdout)
    if "remark" in details:
        print(details["remark"], file=sys.stderr if as_json else sys.stdout)
    folder = RESULTS if bars.is_full_size(name, result["rows"]) else RESULTS / TRIALS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")
    say(f"written to {path}")
    if as_json:
        print(json.dumps(result, default=str), flush=True)


def print_table(rows: Sequence[Row], file: TextIO) -> None:
    """The rows for a person, one line each; empty columns are left out."""
    shown = [name for name in PRINTED if any(getattr(row, name) not in ("", None) for row in rows)]
    lines = [shown, *([show(getattr(row, name)) for name in shown] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(shown))]
    for line in lines:
        cells = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        print("  ".join(cells), file=file, flush=True)


def show(value: object) -> str:
    """A cell of the table."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def say(message: str) -> None:
    """Tell how far the run is."""
    print(message, file=sys.stderr, flush=True)
