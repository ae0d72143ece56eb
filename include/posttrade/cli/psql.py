"""``posttrade psql``: the trade database, asked directly."""

from __future__ import annotations

import subprocess
from typing import Annotated

import typer

from posttrade.errors import Unavailable
from posttrade.instance import Instance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "psql", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
    )(psql)


def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Passed to psql, for example: -c 'select 1'")
    ] = None,
) -> None:
    """Open psql on the trade database, or run one statement with -c SQL.

    Results come on standard output; the exit code is psql's.
    """
    from posttrade.embedded import postgres, supervisor

    instance = Instance.load()
    if supervisor.find_process(instance, "postgres") is None:
        raise Unavailable("the database is not running: start it with `./posttrade up`")
    command, environment = postgres.psql_command(instance, arguments or [])
    result = subprocess.run(command, env=environment, check=False)
    raise typer.Exit(result.returncode)
