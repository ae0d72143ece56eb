"""A task that calls one function of ``posttrade``, tells what it counted, and fails as errors mean.

The function's parameters say what it needs; the step gives it by name:

==================  ==============================================================================
``dsn``             connection string of the trade database (connection ``posttrade_db``)
``connection``      an open transaction on it, committed when the function ends well
``kafka_config``    client settings of the broker (extra of the connection ``kafka_default``)
``business_date``   of the run; a run that has none is refused
``run_id``          of the run
``is_forced``       its parameter ``force``
``reports_dir``     ``POSTTRADE_REPORTS_DIR``, else ``$POSTTRADE_HOME/reports``
``truth_dir``       ``$POSTTRADE_HOME/truth``
``target_dir``      ``$POSTTRADE_HOME/data_docs``
==================  ==============================================================================

Anything else comes from ``arguments``, which is a template field: results of other steps fit in.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import importlib
import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from airflow.sdk import BaseHook, BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from posttrade.errors import PostTradeError, Unavailable
from posttrade_airflow.notifications import log_failure
from posttrade_airflow.overdue import ended_when_overdue
from posttrade_airflow.run_parameters import find_business_date, read_run_parameters
from posttrade_airflow.step_traces import find_batch_ids, traced_step

if TYPE_CHECKING:
    from airflow.sdk import Context

DATABASE_CONNECTION = "posttrade_db"
KAFKA_CONNECTION = "kafka_default"
# equal to posttrade.database.STATEMENT_TIMEOUT_S (a test holds them together): the server ends a
# statement when its task is ended
TIMEOUT = dt.timedelta(seconds=900)
# these write their own rows of the run log, with more in them than a task knows
SELF_LOGGING = ("posttrade.capture.", "posttrade.close.", "posttrade.settlement.")
ERROR_KEY = "error"
COUNTS_KEY = "counts"
STEP_DEFAULTS: dict[str, Any] = {
    "owner": "posttrade",
    "retries": 3,
    "retry_delay": dt.timedelta(seconds=5),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": dt.timedelta(minutes=5),
    "execution_timeout": TIMEOUT,
    "on_failure_callback": log_failure,
}


class TaskValues(Protocol):
    """The part of a running task instance that a step writes to."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep a value beside the task."""


class Step(BaseOperator):
    """A task of this product: tells counts and time, is in the run log, fails as errors mean."""

    ui_color = "#e8f0fe"
    keeps_run_log = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**STEP_DEFAULTS, **options})

    def execute(self, context: Context) -> Any:
        """Do the work; its result, as JSON, is the task's result."""
        started = time.monotonic()
        step = f"{self.dag_id}/{self.task_id}"
        arguments = getattr(self, "arguments", {})
        with (
            ended_when_overdue(self.execution_timeout),
            mapped_errors(context["ti"]),
            traced_step(context, step) as trace,
            self.logged_run(context) as log,
        ):
            trace.batch_ids = find_batch_ids(arguments, None)
            result = self.run_step(context)
            trace.batch_ids = find_batch_ids(arguments, result)
            trace.facts = counts = self.count_rows(context, result)
            log.rows_in, log.rows_out = counts.get("rows_in"), counts.get("rows_out")
        if counts:
            context["ti"].xcom_push(COUNTS_KEY, counts)
        described = ", ".join(f"{name} {value}" for name, value in counts.items()) or "done"
        self.log.info("%s: %s in %.2f s", self.task_id, described, time.monotonic() - started)
        return to_json(result)

    def run_step(self, context: Context) -> Any:
        """What the task does; errors of ``posttrade`` may leave it."""
        raise NotImplementedError

    def count_rows(self, context: Context, result: Any) -> dict[str, int]:  # noqa: ARG002
        """Counts to show for the task, by name."""
        return read_counts(result)

    def logged_run(self, context: Context) -> contextlib.AbstractContextManager[Any]:
        """The task's row in ``control.step_runs``."""
        from posttrade.run_log import StepRun, step_run

        if not self.keeps_run_log:
            return contextlib.nullcontext(StepRun())
        return step_run(
            read_dsn(),
            step=f"{self.dag_id}/{self.task_id}",
            run_id=context["run_id"],
            business_date=find_business_date(context),
        )


class PythonStep(Step):
    """Calls a function of ``posttrade`` by its dotted name.

    Args:
        call: e.g. ``posttrade.close.reconcile_day``; imported when the task runs.
        arguments: further arguments by name.
    """

    template_fields: Sequence[str] = ("arguments",)

    def __init__(
        self, *, call: str, arguments: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.call = call
        self.arguments = dict(arguments or {})
        self.keeps_run_log = not call.startswith(SELF_LOGGING)

    def run_step(self, context: Context) -> Any:
        """Import the function, gather what it asks for, and call it."""
        function = import_function(self.call)
        with contextlib.ExitStack() as stack:
            providers = value_providers(context, stack)
            values = dict(self.arguments)
            for name in inspect.signature(function).parameters:
                if name not in values and name in providers:
                    values[name] = providers[name]()
            return function(**values)


def import_function(call: str) -> Callable[..., Any]:
    """The function of a dotted name."""
    module, _, name = call.rpartition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def value_providers(context: Context, stack: contextlib.ExitStack) -> dict[str, Callable[[], Any]]:
    """What a step can be given, by parameter name; each is made only when asked for."""

    def open_connection() -> Any:
        from posttrade.database import connect

        return stack.enter_context(connect(read_dsn()))

    return {
        "dsn": read_dsn,
        "connection": open_connection,
        "kafka_config": read_kafka_config,
        "business_date": lambda: read_run_parameters(context).business_date,
        "run_id": lambda: context["run_id"],
        "is_forced": lambda: bool((context.get("params") or {}).get("force")),
        "reports_dir": find_reports_dir,
        "truth_dir": lambda: find_home() / "truth",
        "target_dir": find_data_docs_dir,
    }


def read_dsn() -> str:
    """Libpq connection string of the trade database, from the Airflow connection."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**connection_parts(BaseHook.get_connection(DATABASE_CONNECTION)))


def connection_parts(connection: Any) -> dict[str, Any]:
    """Libpq keywords of an Airflow connection of type postgres."""
    parts = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
    }
    return {key: value for key, value in parts.items() if value} | dict(connection.extra_dejson)


def read_kafka_config() -> dict[str, Any]:
    """Client settings of the broker, from the Airflow connection."""
    return dict(BaseHook.get_connection(KAFKA_CONNECTION).extra_dejson)


def find_home() -> Path:
    """The instance's state folder.

    Raises:
        posttrade.errors.ConfigurationError: it is not set.
    """
    from posttrade.errors import ConfigurationError

    home = os.environ.get("POSTTRADE_HOME")
    if not home:
        raise ConfigurationError("POSTTRADE_HOME is not set for Airflow: name the state folder")
    return Path(home)


def find_reports_dir() -> Path:
    """Folder of the report packs."""
    named = os.environ.get("POSTTRADE_REPORTS_DIR")
    return Path(named) if named else find_home() / "reports"


def find_data_docs_dir() -> Path:
    """Folder of Great Expectations' pages, by business date."""
    return find_home() / "data_docs"


@contextlib.contextmanager
def mapped_errors(task: TaskValues) -> Iterator[None]:
    """Turn the ways in which work ends badly into Airflow's.

    `Unavailable`, and whatever is not an error of this product, is tried again; the others cannot
    be helped by trying again and fail the task at once. The line stays beside the task for the
    command line.
    """
    try:
        yield
    except Unavailable as error:
        task.xcom_push(ERROR_KEY, describe_error(error))
        raise
    except PostTradeError as error:
        task.xcom_push(ERROR_KEY, describe_error(error))
        raise AirflowFailException(describe_error(error)) from error
    except Exception as error:
        if type(error).__module__.startswith("airflow."):
            raise
        task.xcom_push(ERROR_KEY, describe_error(error))
        raise


def describe_error(error: BaseException) -> str:
    """Kind and message in one line or more, without NUL."""
    return f"{type(error).__name__}: {error}".replace("\0", "")


def read_counts(result: Any) -> dict[str, int]:
    """Row counts in a result: fields that are whole numbers, or how many there are of something."""
    if isinstance(result, bool) or result is None:
        return {}
    if isinstance(result, int):
        return {"rows_out": result}
    if isinstance(result, list | tuple):
        return {"count": len(result)}
    if isinstance(result, Mapping):
        return {str(name): value for name, value in result.items() if type(value) is int}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        fields = ((field.name, getattr(result, field.name)) for field in dataclasses.fields(result))
        return {name: value for name, value in fields if type(value) is int}
    return {}


def to_json(value: Any) -> Any:
    """A result as plain JSON values; between tasks travel ids and counts, never rows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(value)
