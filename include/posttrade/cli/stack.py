"""``posttrade up``, ``down``, ``status``, ``logs``: the instance as a whole."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from posttrade.cli.output import JsonOption, print_facts, print_json, results, say
from posttrade.errors import ConfigurationError
from posttrade.instance import Instance

LOG_LINES = 40


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)
    app.command("logs")(logs)


def up(
    broker: Annotated[
        str | None,
        typer.Option(
            help="embedded (in memory), kafka (a real one; needs Java 17) or HOST:PORT (yours). "
            "Default: as last time, at first embedded.",
        ),
    ] = None,
    observe: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Send Airflow's metrics and the traces of batches by OTLP over HTTP to this "
            "address, e.g. http://127.0.0.1:4318; off: neither. Default: as last time, at first "
            "off.",
            envvar="POSTTRADE_OBSERVE",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start everything on 127.0.0.1, or repair what is not running."""
    from posttrade.embedded import stack

    outcome = stack.up(Instance.create(), broker, say, observe)
    instance = outcome.instance
    facts = {
        "home": str(instance.home),
        "broker": instance.broker,
        "bootstrap_servers": instance.bootstrap_servers,
        "airflow_url": instance.airflow_url,
        "airflow_password_file": str(instance.airflow_password_file),
        "metrics_url": instance.metrics_url,
        "started": list(outcome.started),
        "seconds": round(outcome.seconds, 1),
    }
    print_facts(facts, as_json=as_json)


def down(
    discard: Annotated[
        bool,
        typer.Option(
            "--discard", help="Give up messages that are only in the embedded broker's memory."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Stop everything of this instance, also what a crash left behind.

    Messages that only the embedded broker holds are drained first; nothing is stopped when nobody
    drains them.
    """
    from posttrade.embedded import shutdown

    stopped = shutdown.down(say, discard=discard)
    if as_json:
        print_json({"stopped": list(stopped.names), "lost_messages": stopped.lost})
    else:
        results.print("stopped" if stopped.names else "nothing was running", markup=False)


def status(as_json: JsonOption = False) -> None:
    """Say what runs, where, and how it is; exit code 1 when something that should run does not."""
    from posttrade.embedded import state

    facts = state.status(Instance.load())
    if as_json:
        print_json(facts)
    else:
        print_status(facts)
    if not facts["is_running"]:
        raise typer.Exit(1)


def print_status(facts: Mapping[str, Any]) -> None:
    """Print the state of an instance for a person."""
    from rich.table import Table

    names = ("service", "state", "process", "health", "restarts")
    table = Table(*names, box=None, pad_edge=False)
    for name, service in facts["services"].items():
        state = "[green]running[/]" if service["running"] else "[red]stopped[/]"
        if service.get("given_up"):
            state = "[red]given up[/]"
        words = (str(service["pid"] or ""), service.get("health", ""), str(service["restarts"]))
        table.add_row(name, state, *words)
    results.print(table)
    for name, service in facts["services"].items():
        if service.get("given_up"):
            results.print(f"{name} is given up", style="red")
            results.print(service["last_lines"], markup=False, soft_wrap=True)
    broker = facts["broker"]
    keeps = "durable" if broker["is_durable"] else "in memory only: lost when it stops"
    results.print(f"broker: {broker['kind']} at {broker['bootstrap_servers']} ({keeps})")
    for topic, fill in ((broker.get("fill") or {}).get("topics") or {}).items():
        results.print(f"  {topic}: fullest partition {fill['fullest_partition']:.0%}")
    waiting = facts["waiting"]
    told = "unknown" if waiting is None else ", ".join(f"{n} {c}" for n, c in waiting.items())
    results.print(f"waiting to be drained: {told}")
    shown = ("services", "broker", "waiting")
    rest = {key: value for key, value in facts.items() if key not in shown}
    print_facts(rest, as_json=False)


def logs(
    service: Annotated[
        str | None, typer.Argument(help="One of the services that `status` names; default: all.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as more is written.")
    ] = False,
    lines: Annotated[int, typer.Option(help="How many lines of each.", min=0)] = LOG_LINES,
) -> None:
    """Show the end of what the services wrote; logs of tasks lie below `logs/airflow`."""
    instance = Instance.load()
    known = {path.stem: path for path in sorted(instance.logs_dir.glob("*.log"))}
    if service is not None and service not in known:
        raise ConfigurationError(f"no log of {service!r}; there are: {', '.join(known)}")
    paths = [known[service]] if service else list(known.values())
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, paths)]
    try:
        result = subprocess.run(command, check=False)
    except KeyboardInterrupt:
        return
    raise typer.Exit(result.returncode)
