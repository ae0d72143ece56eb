"""How long the close of a business date takes, from the command to the mailed pack.

Product: the Dag end_of_day, triggered and awaited by ``posttrade close`` in a running instance:
Great Expectations over the whole date, comparison, positions, control totals, Data Docs, pack,
mail. The date's records, raw messages, batches of 1,000, matches and instructions are in the
database before, as the capture leaves them, with 1.5 % of the trades broken. Limit: the SQL of the
same close alone, in one process: comparison, instructions, books, totals, the checks of compliance,
fees and risk, and the queries and tables of the pack.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import psycopg
import typer

from bench.harness import (
    REPETITIONS_MIN,
    JsonOption,
    Measured,
    RepeatOption,
    Repetition,
    RowsOption,
    measure,
    note_server,
    read_sql,
    report,
    say,
    summarize,
    timed,
)
from posttrade.instance import REPOSITORY, Instance

ROWS = (100_000, 1_000_000)
LAST_DATE = dt.date(2026, 11, 19)
BATCH_SIZE = 1000
FEEDS = ("executions", "confirmations", "pnl_snapshots")
BATCH_ID_STEP = 1_000_000  # sizes lie apart; the batches of a date follow each other
OFFSET_STEP = 1_000_000_000
SAMPLE_S = 0.1
LIMIT = "its SQL alone"


def main(
    rows: RowsOption = None,
    repetitions: RepeatOption = REPETITIONS_MIN,
    home: Annotated[
        Path | None,
        typer.Option(
            "--instance",
            metavar="DIR",
            help="Home of a running instance without trades; default: one started for this run.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Close a business date through Airflow, beside its SQL alone."""
    sizes = sorted(rows or ROWS)
    results = []
    with open_instance(home) as instance:
        note_server(instance.trade_dsn)
        for number, count in enumerate(sizes, start=1):
            business_date = LAST_DATE - dt.timedelta(days=len(sizes) - number)
            say(f"laying {count:,} trades of {business_date}")
            lay_day(instance.trade_dsn, business_date, count, number)
            done = []
            for turn in range(repetitions):
                done.append(repeat_once(instance, business_date, count))
                say(f"{turn + 1}/{repetitions}: {done[-1]}")
            results.append(summarize("day", count, "", done, is_rate=False, limit=LIMIT))
    report("day", results, {"batch_size": BATCH_SIZE}, as_json=as_json)


@contextlib.contextmanager
def open_instance(home: Path | None) -> Iterator[Instance]:
    """The instance named, or one that is started for this run and stopped after it."""
    if home is not None:
        yield Instance.load(home)
        return
    folder = tempfile.mkdtemp(prefix="posttrade-bench-day-")
    command = [str(REPOSITORY / "posttrade"), "--home", folder]
    try:
        subprocess.run([*command, "up"], check=True)
        yield Instance.load(Path(folder))
    finally:
        subprocess.run([*command, "down", "--discard"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def lay_day(dsn: str, business_date: dt.date, count: int, number: int) -> None:
    """Put a captured date into the database, compared as near real time leaves it."""
    from posttrade.close import begin_close, reconcile_day
    from posttrade.settlement import instruct_day

    lowest = {
        "lowest_batch_id": number * BATCH_ID_STEP,
        "first_offset": number * OFFSET_STEP,
    }
    scope = {"business_date": business_date, "count": count, "batch_size": BATCH_SIZE, **lowest}
    with psycopg.connect(dsn) as connection:
        connection.execute("select control.ensure_partitions(%(business_date)s)", scope)
        connection.execute(read_sql("day/agree_fees"))
        for place, feed in enumerate(FEEDS):
            batches_before = place * (count // BATCH_SIZE + 1)
            scope["first_batch_id"] = lowest["lowest_batch_id"] + batches_before
            connection.execute(read_sql(f"day/fill_{feed}"), scope)
        for name in ("messages", "batches", "ranges", "received_counts", "quality_results"):
            connection.execute(read_sql(f"day/fill_{name}"), scope)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    begin_close(dsn, business_date, run_id="bench")
    reconcile_day(dsn, business_date, run_id="bench")
    instruct_day(dsn, business_date, run_id="bench")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")


def repeat_once(instance: Instance, business_date: dt.date, count: int) -> Repetition:
    """Limit and product, each on a date that was never closed."""
    forget_close(instance, business_date)
    limit = measure("bench.day", "run_sql", instance.trade_dsn, business_date)
    forget_close(instance, business_date)
    with sampled_memory(instance) as memory:
        seconds, outcome = timed(lambda: close(instance, business_date))
    summary, tasks = outcome
    check_pack(summary, count)
    facts = {"tasks": tasks, "limit": limit.facts, "files": len(summary["files"])}
    return Repetition(Measured(seconds, facts, memory[0]), limit.seconds, None)


def forget_close(instance: Instance, business_date: dt.date) -> None:
    """Take back the close and its pack; near-real-time results stay."""
    with psycopg.connect(instance.trade_dsn, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(read_sql("day/forget_close"), {"business_date": business_date})
    with psycopg.connect(instance.trade_dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    shutil.rmtree(instance.reports_dir / business_date.isoformat(), ignore_errors=True)


def close(instance: Instance, business_date: dt.date) -> tuple[dict[str, Any], dict[str, float]]:
    """Run the Dag as the command does; its summary, and the seconds of each task."""
    from posttrade.cli.close import close_business_date

    tasks = {}

    def hear(line: str) -> None:
        name, _, rest = line.strip().partition(": ")
        if line.startswith("  ") and rest[:1].isdigit():
            tasks[name] = float(rest.split(" ")[0])

    return close_business_date(instance, business_date, hear), tasks


@contextlib.contextmanager
def sampled_memory(instance: Instance) -> Iterator[list[float]]:
    """The most that one process of a task held while the block runs, in MB; ready after it."""
    from posttrade.embedded import airflow, supervisor

    scheduler = supervisor.find_process(instance, airflow.SCHEDULER)
    assert scheduler is not None, "the instance's scheduler does not run"
    peak = [0.0]
    is_over = threading.Event()

    def sample() -> None:
        while not is_over.wait(SAMPLE_S):
            for process in scheduler.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    peak[0] = max(peak[0], process.memory_info().rss / 2**20)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        is_over.set()
        sampler.join()


def check_pack(summary: dict[str, Any], count: int) -> None:
    """Every trade that was laid is in the pack, with the breaks that were laid.

    Raises:
        RuntimeError: some are missing or extra.
    """
    broken = (count + 66) // 67
    # of each eight: the sixth has no execution and so no other side, the last has four breaks
    lost = sum(1 for turn in range(broken) if turn % 8 == 6)
    expected = {"matched": count - broken, "trades": count - lost}
    found = {"matched": summary["matched"], "trades": sum(summary["outcomes"].values())}
    if found != expected:
        raise RuntimeError(f"the pack tells {found}, but laid was {expected}")


def run_sql(database: str, business_date: dt.date) -> tuple[float, dict[str, Any]]:
    """The statements of a close, one after the other, without Airflow, gates and pages."""
    from posttrade import close as closing
    from posttrade.compliance.checks import check_compliance
    from posttrade.reports.facts import export_tables, read_facts
    from posttrade.risk import measure_risk
    from posttrade.settlement import charge_fees, instruct_day

    def write_tables() -> None:
        with tempfile.TemporaryDirectory() as folder, psycopg.connect(database) as connection:
            read_facts(connection, business_date)
            export_tables(connection, business_date, Path(folder))

    options: dict[str, Any] = {"run_id": "bench"}
    closing.begin_close(database, business_date, **options)
    facts = {
        name: timed(lambda: getattr(closing, name)(database, business_date, **options))[0]  # noqa: B023
        for name in ("reconcile_day", "build_positions", "count_control_totals")
    }
    judges: dict[str, Callable[..., object]] = {
        "instruct_day": instruct_day,
        "check_compliance": check_compliance,
        "charge_fees": charge_fees,
        "measure_risk": measure_risk,
    }
    for name, judge in judges.items():
        facts[name] = timed(lambda: judge(database, business_date, **options))[0]  # noqa: B023
    facts["tables"] = timed(write_tables)[0]
    return sum(facts.values()), facts


if __name__ == "__main__":
    typer.run(main)
