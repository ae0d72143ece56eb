"""How long after its last message a trade's match or break is there for everyone to see.

Product: a running instance takes 1,000 messages/s in, beginning from rest: PostgreSQL, broker,
Airflow and the sender on the same cores. The time of a match or break goes from the broker's
timestamp of the last message that it needs (for a missing side: from the end of its grace) to the
commit of the transaction that wrote its row, as the server noted it. ``seconds`` is the 95th
percentile. Limit: what Airflow alone takes for a run of one task a step: its hops from one task's
end to the next one's start, measured in the same run, times six.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import psycopg
import typer

from bench.day import sampled_memory
from bench.harness import (
    JsonOption,
    Measured,
    Repetition,
    RowsOption,
    note_server,
    read_sql,
    report,
    say,
    summarize,
)
from bench.outcomes import check_outcomes, describe_outcomes, read_outcomes
from posttrade.instance import REPOSITORY, Instance

RATE = 1_000
SECONDS = 120
MESSAGES_PER_TRADE = 3.05  # three sides, and a front trade for each twentieth
FIRST_DATE = dt.date(2026, 11, 2)
STEPS_OF_A_RUN = 6
REST_S = 15.0
SETTLED_TIMEOUT_S = 240.0
LOOK_S = 0.5
LIMIT = f"Airflow's hops for {STEPS_OF_A_RUN} tasks"


def main(
    rows: RowsOption = None,
    seconds: Annotated[int, typer.Option(min=5, help="How long messages are sent.")] = SECONDS,
    rate: Annotated[int, typer.Option(min=1, help="Messages per second.")] = RATE,
    repetitions: Annotated[
        int, typer.Option("--repeat", "--repetitions", min=1, help="Repetitions.")
    ] = 1,
    home: Annotated[
        Path | None,
        typer.Option(
            "--instance",
            metavar="DIR",
            help="Home of a running instance, its server with track_commit_timestamp on; default: "
            "one started for this run.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure from broker to match or break, through the running Dag."""
    results = []
    with open_instance(home) as instance:
        note_server(instance.trade_dsn)
        idle = measure_idle_load(instance)
        for count in rows or [seconds * rate]:
            done = []
            for _ in range(repetitions):
                business_date = choose_date(instance.trade_dsn)
                done.append(repeat_once(instance, business_date, count, rate))
                say(json.dumps(done[-1].product.facts["outcomes"]))
            sent = round(statistics.median(each.product.facts["messages"] for each in done))
            results.append(summarize("latency", sent, "", done, is_rate=False, limit=LIMIT))
    report("latency", results, {"rate": rate, "idle": idle}, as_json=as_json)


@contextlib.contextmanager
def open_instance(home: Path | None) -> Iterator[Instance]:
    """The instance named, or one that is started for this run and stopped after it."""
    if home is not None:
        instance = Instance.load(home)
        with psycopg.connect(instance.trade_dsn) as connection:
            row = connection.execute("show track_commit_timestamp").fetchone()
        if row != ("on",):
            raise RuntimeError(
                "the server notes no commit times: `alter system set track_commit_timestamp = on` "
                "as its administrator, and start it again"
            )
        yield instance
        return
    folder = Path(tempfile.mkdtemp(prefix="posttrade-bench-latency-"))
    command = [str(REPOSITORY / "posttrade"), "--home", str(folder)]
    try:
        note_commit_times(Instance.create(folder))
        subprocess.run([*command, "up"], check=True)
        yield Instance.load(folder)
    finally:
        subprocess.run([*command, "down", "--discard"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def note_commit_times(instance: Instance) -> None:
    """Let a server that is still to be started keep when each transaction was committed."""
    from posttrade.embedded import postgres, supervisor

    postgres.start(instance)
    with psycopg.connect(postgres.administrator_dsn(instance), autocommit=True) as connection:
        connection.execute("alter system set track_commit_timestamp = on")
    supervisor.stop_services(instance, ["postgres"])


def choose_date(dsn: str) -> dt.date:
    """A business date without any record."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select max(business_date) from trade.executions").fetchone()
    latest = row[0] if row else None
    following = latest + dt.timedelta(days=1) if latest else FIRST_DATE
    while following.weekday() > 4:
        following += dt.timedelta(days=1)
    return following


def measure_idle_load(instance: Instance) -> dict[str, float]:
    """Cores that the instance takes while nothing comes, by process."""
    time.sleep(REST_S)
    before = read_cpu_seconds(instance)
    time.sleep(REST_S)
    return describe_load(before, read_cpu_seconds(instance), REST_S)


def read_cpu_seconds(instance: Instance) -> dict[int, tuple[str, float]]:
    """Name and processor time of each process, with that of its children that have ended."""
    from posttrade.embedded import processes

    seconds = {}
    for process in processes.find_members(instance):
        with contextlib.suppress(psutil.Error):
            seconds[process.pid] = (name_process(process), float(sum(process.cpu_times()[:4])))
    return seconds


def describe_load(
    before: dict[int, tuple[str, float]], after: dict[int, tuple[str, float]], seconds: float
) -> dict[str, float]:
    """Cores taken between two looks, in all and by name."""
    cores: dict[str, float] = {}
    for pid, (name, spent) in after.items():
        used = spent - before.get(pid, (name, 0.0))[1]
        cores[name] = cores.get(name, 0.0) + used / seconds
    told = {name: round(share, 3) for name, share in cores.items() if share >= 0.0005}
    return {"all": round(sum(cores.values()), 3), **told}


def name_process(process: psutil.Process) -> str:
    """What a process is, as far as its command line says."""
    words = process.cmdline()
    if "airflow" in words:
        return f"airflow {words[words.index('airflow') + 1]}"
    if "-m" in words:
        return words[words.index("-m") + 1]
    return str(process.name()).split(" -- ")[0]


def repeat_once(instance: Instance, business_date: dt.date, count: int, rate: int) -> Repetition:
    """Send for a while, wait until everything is compared, and read how long each outcome took."""
    since = dt.datetime.now(dt.timezone.utc)
    grace_ends: dict[str, dt.datetime] = {}
    before = read_cpu_seconds(instance)
    with sampled_memory(instance) as memory:
        sent = send(instance, business_date, count, rate, grace_ends)
        load = describe_load(before, read_cpu_seconds(instance), sent["seconds"])
        await_outcomes(instance, business_date, sum(sent["sent"].values()), grace_ends)
    outcomes = read_outcomes(instance.trade_dsn, business_date, grace_ends)
    facts = {
        "messages": sum(sent["sent"].values()),
        "sending_s": round(sent["seconds"], 1),
        "cores": load,
        "outcomes": describe_outcomes(outcomes),
        **check_outcomes(instance.trade_dsn, business_date, sent),
    }
    hops = read_hops(instance, since)
    facts["hops_s"] = [round(hop, 3) for hop in hops]
    limit = STEPS_OF_A_RUN * statistics.median(hops) if hops else None
    p95 = facts["outcomes"]["all"]["p95"]
    return Repetition(Measured(p95, facts, memory[0]), limit, None)


def send(
    instance: Instance,
    business_date: dt.date,
    count: int,
    rate: int,
    grace_ends: dict[str, dt.datetime],
) -> dict[str, Any]:
    """Let the simulator send at a rate; meanwhile the ends of graces are noted."""
    command = [str(REPOSITORY / "posttrade"), "--home", str(instance.home), "simulate", "--json"]
    options = {
        "date": business_date.isoformat(),
        "trades": str(max(1, round(count / MESSAGES_PER_TRADE))),
        "rate": str(rate),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        process = subprocess.Popen([*command, *words], stdout=told)
        with psycopg.connect(instance.trade_dsn, autocommit=True) as connection:
            while process.poll() is None:
                note_grace_ends(connection, business_date, grace_ends)
                time.sleep(LOOK_S)
        if process.returncode:
            raise RuntimeError(f"the simulator ended with exit code {process.returncode}")
        told.seek(0)
        answer: dict[str, Any] = json.loads(told.read().splitlines()[-1])
    return answer


def note_grace_ends(
    connection: psycopg.Connection[Any],
    business_date: dt.date,
    grace_ends: dict[str, dt.datetime],
) -> None:
    """Remember until when each trade waits for a missing side."""
    found = connection.execute(
        read_sql("latency/read_grace_ends"), {"business_date": business_date}
    )
    grace_ends.update(dict(found.fetchall()))


def await_outcomes(
    instance: Instance,
    business_date: dt.date,
    count: int,
    grace_ends: dict[str, dt.datetime],
) -> None:
    """Wait until everything is drained and compared, and no trade waits for a side.

    Raises:
        RuntimeError: it takes too long.
    """
    parameters = {"business_date": business_date}
    deadline = time.monotonic() + SETTLED_TIMEOUT_S
    with psycopg.connect(instance.trade_dsn, autocommit=True) as connection:
        while time.monotonic() < deadline:
            note_grace_ends(connection, business_date, grace_ends)
            row = connection.execute(read_sql("latency/count_open"), parameters).fetchone()
            if row is not None and row[0] >= count and row[1:] == (0, 0):
                return
            time.sleep(LOOK_S)
    raise RuntimeError(f"after {SETTLED_TIMEOUT_S:g} s: drained, unfinished, waiting: {row}")


def read_hops(instance: Instance, since: dt.datetime) -> list[float]:
    """Seconds from one task's end to the next one's start, in this run."""
    from posttrade.embedded import postgres

    dsn = psycopg.conninfo.make_conninfo(postgres.administrator_dsn(instance), dbname="airflow")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(read_sql("latency/read_hops"), {"since": since}).fetchall()
    return [row[0] for row in rows]


if __name__ == "__main__":
    typer.run(main)
