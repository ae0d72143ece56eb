"""``posttrade airflow``: Airflow's own command line, with the settings of the instance."""

from __future__ import annotations

import subprocess
from typing import Annotated

import typer

from posttrade.errors import Unavailable
from posttrade.instance import Instance

NEED_NO_DATABASE = ("--help", "-h", "version", "config", "cheat-sheet")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "airflow",
        context_settings={
            "ignore_unknown_options": True,
            "allow_extra_args": True,
            "help_option_names": [],
        },
    )(run_airflow)


def run_airflow(
    arguments: Annotated[list[str] | None, typer.Argument(help="Passed to airflow.")] = None,
) -> None:
    """Run an Airflow command, for example: dags list, backfill create, tasks clear."""
    from posttrade.embedded import supervisor
    from posttrade.embedded.airflow import airflow_command

    words = arguments or ["--help"]
    instance = Instance.load()
    if words[0] not in NEED_NO_DATABASE and supervisor.find_process(instance, "postgres") is None:
        raise Unavailable("the database is not running: start it with `./posttrade up`")
    command = [*airflow_command(), *words]
    environment = instance.airflow_environment()
    result = subprocess.run(command, env=environment, check=False)
    raise typer.Exit(result.returncode)
