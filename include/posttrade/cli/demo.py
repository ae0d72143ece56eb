"""``posttrade demo``: a whole trading day, from nothing to the report in the mailbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from posttrade.cli.output import JsonOption, print_json, progress, results
from posttrade.errors import Unavailable
from posttrade.instance import Instance

DATE_DEFAULT = "2026-11-18"
DRAIN_STALL_TIMEOUT_S = 180.0
EXIT_DIFFERENT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    date: Annotated[str, typer.Option(help="Business date of the simulated day.")] = DATE_DEFAULT,
    trades: Annotated[int, typer.Option(help="Trades, three messages each.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Same seed, same day.")] = 1,
    broker: Annotated[
        str | None, typer.Option(help="embedded, kafka or HOST:PORT, as for `up`.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep/--down", help="Leave everything running, or stop it at the end.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Start everything, simulate a day, let the Dags drain and close it, compare with the truth.

    Exit code 1 when the breaks found are not exactly those planted.
    """
    from posttrade.cli.stack import say
    from posttrade.embedded import stack

    instance = Instance.create()
    try:
        say("1 of 4  starting PostgreSQL, broker, mail server and Airflow")
        instance = stack.up(instance, broker, say).instance
        result = run_day(instance, date, trades, seed)
    finally:
        if not keep:
            say("stopping")
            stack.down(say)
    if as_json:
        print_json(result)
    else:
        print_day(instance, result, keep=keep)
    if result["breaks"] != result.get("planted"):
        raise typer.Exit(EXIT_DIFFERENT)


def run_day(instance: Instance, date: str, trades: int, seed: int) -> dict[str, Any]:
    """Simulate, drain and close a day on a running instance; what the close found."""
    from posttrade.cli.close import close_business_date
    from posttrade.cli.simulate import read_date, send_day
    from posttrade.cli.stack import say
    from posttrade.simulator.options import SimulationOptions

    business_date: dt.date = read_date(date)
    say(f"2 of 4  simulating {trades} trades of {business_date}, with breaks planted in them")
    send_day(SimulationOptions(business_date=business_date, trades=trades, seed=seed))
    say("3 of 4  the Dag trade_capture drains, validates and reconciles them")
    show_drain(instance)
    say(f"4 of 4  the Dag end_of_day closes {business_date}")
    return close_business_date(instance, business_date, say)


def show_drain(instance: Instance) -> None:
    """Wait for the running Dag to drain all feeds, with a progress bar."""
    from posttrade import backlog, database
    from posttrade.feeds import FEEDS

    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    topics = sorted(FEEDS)
    with (
        database.connect(instance.trade_dsn) as connection,
        Progress(*columns, console=progress) as bar,
    ):
        connection.autocommit = True
        task = bar.add_task("drained", total=None)
        backlog.await_drained(
            lambda: backlog.read_backlog(connection, instance.kafka_config, topics),
            lambda state: bar.update(task, completed=state.drained, total=state.produced),
            DRAIN_STALL_TIMEOUT_S,
        )


def print_day(instance: Instance, result: Mapping[str, Any], *, keep: bool) -> None:
    """Print what a day came to, for a person."""
    from rich.table import Table

    planted: Mapping[str, int] | None = result.get("planted")
    if planted is None:
        raise Unavailable(f"no truth was written for {result['business_date']}")
    results.print(f"\n{result['business_date']}, report version {result['version']}")
    rejects = sum(result["rejects"].values())
    found = sum(result["breaks"].values())
    results.print(f"matched {result['matched']}   breaks {found}   rejects {rejects}\n")
    table = Table("break", "planted", "found", "", box=None, pad_edge=False)
    for name in sorted({*planted, *result["breaks"]}):
        sown, seen = planted.get(name, 0), result["breaks"].get(name, 0)
        table.add_row(name, str(sown), str(seen), "[green]ok[/]" if sown == seen else "[red]no[/]")
    results.print(table)
    verdict = (
        "[green]breaks found = breaks planted, none missing, none extra[/]"
        if result["breaks"] == planted
        else "[red]breaks found are not those planted[/]"
    )
    results.print(verdict)
    pages = [name for name in result["files"] if name.endswith(".html")]
    lines = [f"report   {result['report_dir']}/{page}" for page in pages]
    lines.append(f"mail     {instance.mail_dir}")
    if keep:
        lines.append(f"Airflow  {instance.airflow_url}")
        lines.append(f"         name and password: {instance.airflow_password_file}")
        lines.append("stop it  ./posttrade down")
    results.print("\n" + "\n".join(lines), soft_wrap=True, highlight=False, markup=False)
