"""``posttrade demo``: a whole trading day, from nothing to the report in the mailbox."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from posttrade.cli.day_tables import print_alerts, print_breaks, print_rejects, print_totals
from posttrade.cli.output import JsonOption, print_json, progress, results, say
from posttrade.cli.simulate import (
    BACK_OFFICE_HELP,
    BREAK_RATE_HELP,
    amount_option,
    read_date,
    send_day,
)
from posttrade.errors import Unavailable
from posttrade.instance import Instance

if TYPE_CHECKING:
    from posttrade.simulator.options import SimulationOptions

DRAIN_STALL_TIMEOUT_S = 180.0
EXIT_DIFFERENT = 1
EVE_PART = 10  # of the day's trades were made on the day before


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    date: Annotated[
        str | None, typer.Option(help="Business date; default: the latest past NYSE session.")
    ] = None,
    trades: Annotated[int, typer.Option(help="Trades, three messages each.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Same seed, same day.")] = 1,
    break_rate: Annotated[str, amount_option(BREAK_RATE_HELP)] = "1.5%",
    duplicates: Annotated[str, amount_option("Messages sent a second time.")] = "0.5%",
    late: Annotated[str, amount_option("Trades whose other sides come much later.")] = "0.5%",
    out_of_order: Annotated[str, amount_option("Trades whose messages overtake others.")] = "0.5%",
    corrections: Annotated[str, amount_option("Trades corrected by a second version.")] = "0.3%",
    cancellations: Annotated[str, amount_option("Trades cancelled by a second version.")] = "0.2%",
    malformed: Annotated[str, amount_option("Messages that are no valid record.")] = "24",
    hostile: Annotated[str, amount_option("Messages made to do harm.")] = "16",
    orders: Annotated[str, amount_option("Orders and their answers, with breaks.")] = "2%",
    suspicions: Annotated[str, amount_option("Trades that compliance must flag.")] = "5",
    back_office: Annotated[bool, typer.Option(help=BACK_OFFICE_HELP)] = True,
    mark_days: Annotated[
        int, typer.Option(help="Business days up to the date that get official closing marks.")
    ] = 261,
    broker: Annotated[
        str | None, typer.Option(help="embedded, kafka or HOST:PORT, as for `up`.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep/--down", help="Leave everything running, or stop it at the end.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Start everything, simulate a day, let the Dags drain and close it, compare with the truth.

    A little of everything is planted; a SHARE is 0.02 or 2%, a COUNT a whole number. Exit code 1
    when the breaks and refused messages found are not exactly those planted.
    """
    from posttrade.embedded import shutdown, stack
    from posttrade.simulator.options import Share, SimulationOptions

    texts = {
        "break_rate": break_rate,
        "duplicates": duplicates,
        "late": late,
        "out_of_order": out_of_order,
        "corrections": corrections,
        "cancellations": cancellations,
        "malformed": malformed,
        "hostile": hostile,
        "orders": orders,
        "suspicions": suspicions,
    }
    more: dict[str, Any] = {name: Share.parse(text) for name, text in texts.items()}
    more |= {"back_office": back_office, "mark_days": mark_days}
    options = SimulationOptions(business_date=read_date(date), trades=trades, seed=seed, **more)
    instance = Instance.create()
    try:
        say("1 of 6  starting PostgreSQL, broker, mail server and Airflow")
        instance = stack.up(instance, broker, say).instance
        result = run_day(instance, options)
    finally:
        if not keep:
            say("stopping")
            shutdown.down(say, discard=True)
    if as_json:
        print_json(result)
    else:
        print_day(instance, result, keep=keep)
    if not is_found_planted(result):
        raise typer.Exit(EXIT_DIFFERENT)


def run_day(instance: Instance, options: SimulationOptions) -> dict[str, Any]:
    """Simulate, drain, settle and close a day on a running instance, and a quiet one before it.

    Returns:
        What the close found, and beside it ``settlement`` (what was due on the day, by state),
        ``simulated`` (what was sent out of the ordinary) and ``refused`` (messages planted to be
        refused, and found so, whatever date they state), and ``alerts`` of compliance by rule.
    """
    from posttrade.cli.close import close_business_date
    from posttrade.cli.settle import settle_date
    from posttrade.compliance.alerts import compare_with_planted
    from posttrade.rejects import count_rejects
    from posttrade.simulator.truth import read_suspicions

    eve = make_eve(options)
    say(
        f"2 of 6  the day before: {eve.trades} trades of {eve.business_date}, so that the day has "
        "positions to open with and something to settle"
    )
    send_day(eve)
    show_drain(instance)
    if options.back_office:
        settle_date(instance, eve.business_date, say)
    close_business_date(instance, eve.business_date, say)
    say(
        f"3 of 6  simulating {options.trades} trades of {options.business_date}, with breaks, "
        "duplicates and bad messages planted among them"
    )
    refused_before = count_rejects(instance.trade_dsn)
    sent = send_day(dataclasses.replace(options, mark_days=min(1, options.mark_days)))
    say("4 of 6  the Dag trade_capture drains, validates, reconciles and instructs them")
    show_drain(instance)
    say(f"5 of 6  the Dag settlement_cycle settles what is due on {options.business_date}")
    settled = settle_date(instance, options.business_date, say)
    say(f"6 of 6  the Dag end_of_day closes {options.business_date}")
    result = close_business_date(instance, options.business_date, say)
    suspicions = read_suspicions(instance.home / "truth", options.business_date)
    bad = sum(sent["malformed"].values()) + sum(sent["hostile"].values())
    return {
        **result,
        "settlement": settled["instructions"],
        "simulated": {
            **sent["noted"],
            "duplicates": sum(sent["duplicates"].values()),
            "malformed": sum(sent["malformed"].values()),
            "hostile": sum(sent["hostile"].values()),
        },
        "refused": {"planted": bad, "found": count_rejects(instance.trade_dsn) - refused_before},
        "alerts": compare_with_planted(instance.trade_dsn, options.business_date, suspicions),
    }


def make_eve(options: SimulationOptions) -> SimulationOptions:
    """A smaller business day before the day, on which only the back office errs."""
    from posttrade.business_calendar import HOUSE_CALENDAR, BusinessCalendar
    from posttrade.simulator.options import NONE, SimulationOptions

    calendar = BusinessCalendar.load(HOUSE_CALENDAR)
    return SimulationOptions(
        business_date=calendar.previous_business_day(options.business_date),
        trades=max(1, options.trades // EVE_PART),
        seed=options.seed,
        break_rate=NONE,
        short_contract=NONE,
        back_office=options.back_office,
        # the history is told once: told again it would make the eve's pack out of date
        mark_days=max(0, options.mark_days - 1),
    )


def is_found_planted(result: Mapping[str, Any]) -> bool:
    """Whether breaks and refused messages are those planted, and every planted alert is there."""
    refused = result["refused"]
    is_refused: bool = refused["planted"] == refused["found"]
    is_broken: bool = find_breaks(result) == result.get("planted")
    is_flagged = all(rule["planted"] == rule["found"] for rule in result["alerts"].values())
    return is_refused and is_broken and is_flagged


def find_breaks(result: Mapping[str, Any]) -> dict[str, int]:
    """Open breaks of every kind, by type."""
    return {**result["breaks"], **result["other_breaks"]}


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
    if result.get("planted") is None:
        raise Unavailable(f"no truth was written for {result['business_date']}")
    outcomes = "   ".join(
        f"{name.replace('_', ' ')} {count}" for name, count in result["outcomes"].items()
    )
    results.print(f"\n{result['business_date']}, report version {result['version']}")
    results.print(f"trades   {outcomes}", soft_wrap=True)
    simulated = "   ".join(
        f"{name.replace('_', ' ')} {count}" for name, count in result["simulated"].items()
    )
    results.print(f"planted  {simulated}", soft_wrap=True)
    settled = "   ".join(
        f"{name.replace('_', ' ')} {count}" for name, count in result["settlement"].items()
    )
    results.print(f"due      {settled or 'nothing'}\n", soft_wrap=True)
    print_breaks(result["planted"], find_breaks(result))
    print_rejects(result)
    print_alerts(result["alerts"])
    print_totals(result["control_totals"])
    results.print(
        "[green]found = planted: none missing, none extra[/]"
        if is_found_planted(result)
        else "[red]what was found is not what was planted[/]"
    )
    pages = [name for name in result["files"] if name.endswith(".html")]
    lines = [f"report   {result['report_dir']}/{page}" for page in pages]
    lines.append(f"mail     {instance.mail_dir}")
    if keep:
        lines.append(f"Airflow  {instance.airflow_url}")
        lines.append(f"         name and password: {instance.airflow_password_file}")
        lines.append("stop it  ./posttrade down")
    results.print("\n" + "\n".join(lines), soft_wrap=True, highlight=False, markup=False)
