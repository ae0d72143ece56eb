"""``posttrade positions``: what the books hold and have earned, also while the date is open."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from posttrade.cli.output import JsonOption, clean_lines, print_json, print_records
from posttrade.instance import Instance
from posttrade.running_books import find_unclosed_dates, read_positions

UNCLOSED_TOLD_MAX = 3
SHOWN = {
    "book": "book",
    "instrument": "symbol",
    "quantity": "quantity",
    "mark": "mark_price",
    "value": "market_value_amount",
    "realised": "realised_amount",
    "unrealised": "unrealised_amount",
    "fees": "fee_amount",
    "levies": "levies_not_booked_amount",
    "P&L of the day": "day_pnl_amount",
    "currency": "currency",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("positions")(show_positions)


def show_positions(
    business_date: Annotated[
        dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="Date.", metavar="DATE")
    ],
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show positions and P&L of a date as of now: what its close would tell, closed or not.

    Realised P&L, booked fees and levies that nobody books are those of the date (levies from its
    close on), unrealised is what is open against its cost.
    """
    date, dsn = business_date.date(), Instance.load().trade_dsn
    rows = [row for row in read_positions(dsn, date) if account in (None, row["account"])]
    unclosed = find_unclosed_dates(dsn, date)
    if as_json:
        told = {"business_date": date, "count": len(rows), "positions": rows}
        print_json({**told, "unclosed_dates": unclosed})
        return
    lines = [{**row, "book": f"{row['account']}/{row['strategy']}"} for row in rows]
    print_records(
        tuple(SHOWN),
        [(clean_lines(show_cell(line[name]) for name in SHOWN.values()), "") for line in lines],
        f"nothing was held or traded up to {date}",
    )
    if unclosed:
        first = ", ".join(map(str, unclosed[:UNCLOSED_TOLD_MAX]))
        more = len(unclosed) - UNCLOSED_TOLD_MAX
        first += f" and {more} more" if more > 0 else ""
        typer.echo(
            f"executions of {first} are not in it: never closed; "
            f"run `posttrade close {unclosed[0]}`",
            err=True,
        )


def show_cell(value: object) -> str:
    """A cell; unpriced where a held position has no mark."""
    return "unpriced" if value is None else f"{value}"
