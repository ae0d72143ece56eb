"""``posttrade simulate``: a simulated day into the feeds, its truth into the state folder."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from posttrade.cli.output import JsonOption, print_facts, progress
from posttrade.errors import ConfigurationError
from posttrade.instance import Instance

BACK_OFFICE_HELP = "A fee booked wrong, a delivery that fails, custodian's statements that differ."
BREAK_RATE_HELP = "Trades with planted breaks; the default has every type at least once."


def amount_option(help_line: str) -> Any:
    """An option that takes a share of the trades or a count."""
    return typer.Option(metavar="SHARE|COUNT", help=help_line)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    date: Annotated[
        str | None, typer.Option(help="Business date; default: the latest past NYSE session.")
    ] = None,
    trades: Annotated[int, typer.Option(help="Trades, three messages each.")] = 10_000,
    seed: Annotated[
        int, typer.Option(help="Same seed, same messages; another seed adds another set of trades.")
    ] = 1,
    break_rate: Annotated[str, amount_option(BREAK_RATE_HELP)] = "0.015",
    duplicates: Annotated[str, amount_option("Messages sent a second time.")] = "0",
    late: Annotated[str, amount_option("Trades whose other sides come much later.")] = "0",
    out_of_order: Annotated[str, amount_option("Trades whose messages overtake others.")] = "0",
    malformed: Annotated[str, amount_option("Messages that are no valid record.")] = "0",
    hostile: Annotated[str, amount_option("Messages made to do harm.")] = "0",
    corrections: Annotated[str, amount_option("Trades corrected by a second version.")] = "0",
    cancellations: Annotated[str, amount_option("Trades cancelled by a second version.")] = "0",
    orders: Annotated[str, amount_option("Orders and their answers, with breaks.")] = "0",
    suspicions: Annotated[str, amount_option("Trades that compliance must flag.")] = "0",
    back_office: Annotated[bool, typer.Option(help=BACK_OFFICE_HELP)] = False,
    mark_days: Annotated[
        int, typer.Option(help="Business days up to the date that get official closing marks.")
    ] = 1,
    front_trades: Annotated[str, amount_option("Further trades, on the feed `trades`.")] = "0.05",
    contract: Annotated[
        str | None,
        typer.Option(
            metavar="1|2|SHARE",
            help="2: full contract only; 1: the short one wherever it can tell a trade; "
            "a share: that many in the short one. Default: 2%.",
        ),
    ] = None,
    rate: Annotated[
        str, typer.Option(metavar="N|burst", help="Messages per second, or as fast as possible.")
    ] = "burst",
    as_json: JsonOption = False,
) -> None:
    """Produce a simulated trading day, with breaks planted in it.

    A SHARE is 0.02 or 2%, a COUNT a whole number. The truth, trade by trade, is written below
    truth/ in the state folder. The same seed and options give the same messages, byte for byte:
    sent again they are duplicates.
    """
    from posttrade.simulator.options import Share, SimulationOptions

    shares: dict[str, Any] = {
        "break_rate": break_rate,
        "duplicates": duplicates,
        "late": late,
        "out_of_order": out_of_order,
        "malformed": malformed,
        "hostile": hostile,
        "orders": orders,
        "suspicions": suspicions,
        "corrections": corrections,
        "cancellations": cancellations,
        "front_trades": front_trades,
    }
    options = SimulationOptions(
        business_date=read_date(date),
        trades=trades,
        seed=seed,
        rate=read_rate(rate),
        back_office=back_office,
        mark_days=mark_days,
        short_contract=read_contract(contract),
        **{name: Share.parse(text) for name, text in shares.items()},
    )
    print_facts(send_day(options), as_json=as_json)


def send_day(options: Any) -> dict[str, Any]:
    """Simulate into the running instance, with a progress bar; the facts of the result."""
    from posttrade.simulator import simulate_day
    from posttrade.topics import ensure_topics

    instance = Instance.load()
    ensure_topics(instance.kafka_config)
    if options.back_office:
        lay_holdings(instance.trade_dsn, options.business_date)
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=progress) as bar:
        task = bar.add_task(f"messages of {options.business_date}", total=3 * options.trades)

        def show(count: int) -> None:
            bar.update(task, completed=count, total=max(3 * options.trades, count))

        result = simulate_day(
            instance.kafka_config, options, truth_dir=instance.home / "truth", on_progress=show
        )
        bar.update(task, completed=result.messages, total=result.messages)
    return {**dataclasses.asdict(result), "truth_dir": str(instance.home / "truth")}


def lay_holdings(dsn: str, business_date: dt.date) -> None:
    """Say what the accounts of a date's back office hold, as ``opening_holdings.csv`` would."""
    from posttrade.database import connect
    from posttrade.simulator.back_office import list_holdings
    from posttrade.statements import read_statement

    statement = read_statement("simulation/insert_holding")
    with connect(dsn) as connection:
        for holding in list_holdings(business_date):
            connection.execute(statement, holding._asdict())


def read_date(text: str | None) -> dt.date:
    """The date stated, else the latest NYSE session that is over."""
    if text is None:
        from posttrade.simulator.settlement import latest_session

        return latest_session(dt.datetime.now(dt.timezone.utc))
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no date; write it as 2026-11-19") from error


def read_rate(text: str) -> int | None:
    """Messages per second; None for as fast as possible."""
    if text == "burst":
        return None
    if not text.isdecimal() or int(text) == 0:
        raise ConfigurationError(f"rate {text!r}: write a whole number of messages per second")
    return int(text)


def read_contract(text: str | None) -> Any:
    """The share of trades told in the short contract."""
    from posttrade.simulator.options import SHORT_CONTRACT_DEFAULT, Share

    if text is None:
        return SHORT_CONTRACT_DEFAULT
    return Share.parse({"1": "100%", "2": "0"}.get(text, text))
