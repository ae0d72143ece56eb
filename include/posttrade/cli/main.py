"""The root of the command line: global options, errors, and which module holds which command."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from posttrade.errors import ConfigurationError, PostTradeError, Unavailable

COMMANDS = {  # command -> module below posttrade.cli, what it does
    "demo": ("demo", "Run a whole trading day: start, simulate, drain, close, report."),
    "up": ("stack", "Start everything, or repair what is not running."),
    "down": ("stack", "Stop everything; leaves no process behind."),
    "status": ("stack", "Say what runs, where, and how it is."),
    "logs": ("stack", "Show what the services wrote."),
    "simulate": ("simulate", "Produce a simulated trading day, with breaks planted in it."),
    "load": ("load", "Put a CSV or NDJSON file into a feed."),
    "allocate": ("allocate", "Say how block trades are split to accounts."),
    "close": ("close", "Close a business date and make its report."),
    "positions": ("positions", "Show positions and P&L of a date, closed or still open."),
    "settle": ("settle", "Settle what is due on a business date."),
    "rejects": ("rejects", "List, export and replay messages that were refused."),
    "batches": ("batches", "List drained batches; decide on those that were stopped."),
    "compliance": ("compliance", "List compliance alerts; decide about them."),
    "topics": ("topics", "Show the topics that are drained; go on with one made anew."),
    "alerts": ("observe", "Show whom was told what; send a test."),
    "metrics": ("observe", "Print the metrics that Prometheus reads."),
    "psql": ("psql", "Ask the trade database."),
    "airflow": ("airflow", "Airflow's own command line, set up for this instance."),
    "migrate": ("migrate", "Bring a trade database to this version."),
    "test": ("checks", "Run the tests."),
    "bench": ("checks", "Run a benchmark."),
}
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


class LazyGroup(TyperGroup):
    """Loads the module of a command when that command is called, and not for the list of them."""

    listing = False
    complaint: str | None = None  # about how the command was called

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """As the library does; what is wrong with the global options is remembered."""
        with self.remember_complaint():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """As the library does; what is wrong with the command's options is remembered."""
        with self.remember_complaint():
            return super().invoke(ctx)

    @contextlib.contextmanager
    def remember_complaint(self) -> Iterator[None]:
        """Keep what the library says of a wrong call before it ends the process."""
        try:
            yield
        except typer.Exit:
            raise
        except Exception as error:
            if hasattr(error, "format_message"):
                LazyGroup.complaint = error.format_message()
            raise

    def list_commands(self, _ctx: Any) -> list[str]:
        """Names of the commands, in the order of a day."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module_name, help_line = COMMANDS[cmd_name]
        if self.listing:
            return TyperCommand(cmd_name, help=help_line)
        module = importlib.import_module(f"posttrade.cli.{module_name}")
        app = typer.Typer()
        app.callback()(lambda: None)
        module.register(app)
        return typer.main.get_group(app).commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Help for the whole command line."""
        self.listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.listing = False


app = typer.Typer(
    cls=LazyGroup,
    name="posttrade",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def set_globals(
    home: Annotated[
        Path | None,
        typer.Option(
            envvar="POSTTRADE_HOME",
            help="State folder of the instance (default: var/).",
            metavar="DIR",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Post-trade processing: trades in, reconciled and reported, day by day."""
    if home is not None:
        os.environ["POSTTRADE_HOME"] = str(home.expanduser().resolve())
    if debug:
        os.environ["POSTTRADE_DEBUG"] = "1"


def run() -> None:
    """Run the command line; errors of this product become one line and exit code 2.

    With ``--json`` every failure also is an object ``{"error": ..., "kind": ...}``, the last line.
    """
    try:
        app(hoist_globals(sys.argv[1:]), prog_name="posttrade")
    except PostTradeError as error:
        fail(error)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("posttrade.cli."):
            raise
        fail(ConfigurationError(f"this copy has no module {error.name}"))
    except OSError as error:
        fail(Unavailable(describe_system_error(error)))
    except KeyboardInterrupt:
        tell_program("interrupted", "KeyboardInterrupt")
        sys.exit(EXIT_INTERRUPTED)
    except SystemExit as end:
        if LazyGroup.complaint is not None:
            tell_program(LazyGroup.complaint, "UsageError")
        elif end.code not in (None, 0):
            tell_program(f"ended with exit code {end.code}", "Failed")
        raise
    except Exception as error:
        tell_program(str(error), type(error).__name__)
        raise


def describe_system_error(error: OSError) -> str:
    """What the system refused, and for which file."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def tell_program(message: str, kind: str) -> None:
    """With ``--json``, say what went wrong to the program that asked, unless it has its answer."""
    from posttrade.cli import output

    words = sys.argv[1:]
    words = words[: words.index("--")] if "--" in words else words
    if "--json" in words and not output.is_told:
        output.print_json({"error": message, "kind": kind})


def hoist_globals(arguments: list[str]) -> list[str]:
    """Let ``--home`` and ``--debug`` stand behind the command too."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments[:end])
    for word in remaining:
        if word == "--home":
            first += [word, *itertools.islice(remaining, 1)]
        elif word == "--debug" or word.startswith("--home="):
            first.append(word)
        else:
            rest.append(word)
    return [*first, *rest, *arguments[end:]]


def fail(error: PostTradeError) -> None:
    """Print an error and leave."""
    if os.environ.get("POSTTRADE_DEBUG"):
        raise error
    from posttrade.cli.output import print_error

    print_error(str(error))
    tell_program(str(error), type(error).__name__)
    sys.exit(EXIT_ERROR)
