"""``posttrade migrate``: the trade database's schema and reference data."""

from __future__ import annotations

from typing import Annotated

import typer

from posttrade.cli.output import JsonOption, print_facts


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


def migrate(
    dsn: Annotated[
        str | None,
        typer.Option(
            envvar="POSTTRADE_DSN",
            show_envvar=True,
            help="libpq connection string of a database of your own; default: this instance's.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Apply the migrations that are missing, lay views and functions anew, load reference data."""
    from posttrade.embedded import stack
    from posttrade.instance import Instance

    applied = stack.prepare_trade_database(dsn or Instance.load().trade_dsn)
    print_facts({"migrations_applied": applied}, as_json=as_json)
