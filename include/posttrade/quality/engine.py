"""Great Expectations behind one small door.

The package takes seconds to import, so nothing here imports it before it is needed. A worker calls
``preload`` once before it forks; each process then opens its own engine on first use and keeps it.

The rows under test are chosen by settings that the views read (``gx.batch_id`` and others), which
a listener sets in every transaction: nothing is pulled into Python, and one engine serves all
batches. A suite runs in one pass that answers yes or no for every rule, which the package folds
into a single query. Only for what failed a second pass fetches counts and keys.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from posttrade.errors import ConfigurationError, InvariantBroken, Unavailable
from posttrade.quality.verdict import Level, RowKey, RuleResult, Verdict

PROJECT_ROOT = Path(__file__).resolve().parents[3] / "great_expectations"
CONNECTION_VARIABLE = "POSTTRADE_QUALITY_CONNECTION"
DATA_SOURCE = "trade"
KEY_COLUMNS = ("topic", "partition", "message_offset")
ERROR_LENGTH_MAX = 500
# connection lost, resources exhausted, operator's intervention: worth another attempt
OUTAGE_STATES = ("08", "53", "57")
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
# on SQL the list of keys is cut to partial_unexpected_count in every format, also in COMPLETE
ROWS_TOO = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 2**31 - 1,
    "unexpected_index_column_names": list(KEY_COLUMNS),
    "return_unexpected_index_query": False,
}


class QualityEngine:
    """Runs the committed suites against one database."""

    def __init__(self, dsn: str, project_root: Path = PROJECT_ROOT) -> None:
        self._settings: Mapping[str, str] = {}
        self.outage: str | None = None
        self.context = open_context(dsn, project_root)
        _listen(self._sql_engine(), self)

    def _sql_engine(self) -> Any:
        return self.context.data_sources.get(DATA_SOURCE).get_execution_engine().engine

    @property
    def settings(self) -> Mapping[str, str]:
        """Settings that every transaction of this engine makes for itself."""
        return self._settings

    @contextlib.contextmanager
    def applying(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Let the views see these settings while the block runs."""
        self._settings, self.outage = settings, None
        try:
            yield
        except Exception as error:
            if self.outage is None:
                raise
            raise Unavailable(self.outage) from error
        finally:
            self._settings = {}
        if self.outage is not None:
            raise Unavailable(self.outage)

    def validate(
        self,
        suite: str,
        settings: Mapping[str, str],
        parameters: Mapping[str, Any],
        *,
        with_rows_of: frozenset[Level] = frozenset(),
        with_document: bool = False,
    ) -> Verdict:
        """Run the validation definition named like the suite.

        Args:
            suite: name of the suite and of its validation definition.
            settings: server settings the views filter by.
            parameters: values for the suite's ``$PARAMETER`` references.
            with_rows_of: levels whose failing rows are fetched, all of them.
            with_document: keep the package's own result, from which its pages are built.

        Raises:
            Unavailable: the database was lost on the way: that is no finding about the data.
        """
        from great_expectations.core.result_format import ResultFormat
        from great_expectations.validator.v1_validator import Validator

        started = time.monotonic()
        definition = self._definition(suite)
        with self.applying(settings):
            first = Validator(definition.data, result_format=ResultFormat.BOOLEAN_ONLY)
            answer: Any = first.validate_expectation_suite(definition.suite, dict(parameters))
            results = {result.expectation_config.id: result for result in answer.results}
            rules = []
            for expectation in definition.suite.expectations:
                result = results[expectation.id]
                level = Level(expectation.meta["level"])
                if not result.success and read_error(result.exception_info) is None:
                    result_format = ROWS_TOO if level in with_rows_of else COUNTS_ONLY
                    second = Validator(definition.data, result_format=result_format)
                    result = second.validate_expectation(expectation, dict(parameters))
                    results[expectation.id] = result
                rules.append(read_result(expectation, result, parameters))
        answer.results = [results[expectation.id] for expectation in definition.suite.expectations]
        return Verdict(
            suite=suite,
            rules=tuple(rules),
            row_count=max(result.result.get("element_count", 0) for result in answer.results),
            duration_ms=round((time.monotonic() - started) * 1000),
            document={"validation": strip_rows(answer.to_json_dict())} if with_document else {},
        )

    def _definition(self, suite: str) -> Any:
        try:
            return self.context.validation_definitions.get(suite)
        except Exception as error:
            raise ConfigurationError(
                f"no validation definition {suite!r} below {PROJECT_ROOT}: {error}"
            ) from error


def preload() -> None:
    """Import the package and read the project, so that forked processes find both done."""
    open_context("", PROJECT_ROOT).validation_definitions.all()


def open_context(dsn: str, project_root: Path) -> Any:
    """The project of data files, connected to a database when the first suite runs."""
    import great_expectations as gx

    return gx.get_context(
        mode="file",
        context_root_dir=project_root,
        runtime_environment={CONNECTION_VARIABLE: connection_url(dsn)},
    )


def open_engine(dsn: str) -> QualityEngine:
    """This process's engine for a database; connections never cross a fork."""
    return _cached_engine(dsn, os.getpid())


@functools.lru_cache(maxsize=4)
def _cached_engine(dsn: str, process_id: int) -> QualityEngine:  # noqa: ARG001  part of the key
    return QualityEngine(dsn)


def connection_url(dsn: str) -> str:
    """A libpq connection string as the URL that the package wants."""
    from sqlalchemy import URL

    parts: dict[str, Any] = dict(conninfo.conninfo_to_dict(dsn))
    url = URL.create(
        "postgresql+psycopg",
        username=parts.pop("user", None),
        password=parts.pop("password", None),
        host=parts.pop("host", None),
        port=int(port) if (port := parts.pop("port", None)) else None,
        database=parts.pop("dbname", None),
        query={"application_name": "posttrade quality", **parts},
    )
    return url.render_as_string(hide_password=False)


def _listen(sql_engine: Any, engine: QualityEngine) -> None:
    from sqlalchemy import event, func, select

    def apply_settings(connection: Any) -> None:
        for name, value in engine.settings.items():
            connection.execute(select(func.set_config(name, value, True)))

    def note_outage(context: Any) -> None:
        error = context.original_exception
        if isinstance(error, psycopg.OperationalError):
            state = error.sqlstate or ""
            if not state or state.startswith(OUTAGE_STATES):
                engine.outage = f"the trade database broke off during validation: {error}"

    event.listen(sql_engine, "begin", apply_settings)
    event.listen(sql_engine, "handle_error", note_outage)


def read_error(exception_info: Mapping[str, Any]) -> str | None:
    """Message of an expectation that could not be evaluated; None when it could.

    The package puts either one record there, or one for each metric that failed.
    """
    records = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    for record in records:
        if record["raised_exception"]:
            return str(record["exception_message"])[:ERROR_LENGTH_MAX]
    return None


def read_result(expectation: Any, result: Any, parameters: Mapping[str, Any]) -> RuleResult:
    """One rule's result in the product's words."""
    found = result.result
    error = None if result.success else read_error(result.exception_info)
    row_count = found.get("unexpected_count")
    observed = ""
    if not result.success and error is None:
        of_rows = f"{row_count} of {found.get('element_count')} rows outside"
        observed = of_rows if row_count is not None else str(found.get("observed_value"))
    rows = read_rows(found)
    if rows and len(rows) != row_count:
        raise InvariantBroken(
            f"rule {expectation.meta['rule']!r}: {row_count} rows break it, {len(rows)} were named"
        )
    return RuleResult(
        rule=expectation.meta["rule"],
        level=Level(expectation.meta["level"]),
        sentence=expectation.meta["sentence"],
        is_success=bool(result.success),
        failing_count=0 if result.success else row_count or 1,
        observed=observed,
        expected=describe_bound(expectation, parameters),
        error=error,
        failing_rows=rows,
    )


def read_rows(found: Mapping[str, Any]) -> tuple[RowKey, ...]:
    """Keys of the failing rows, where the result lists them."""
    return tuple(
        RowKey(row["topic"], int(row["partition"]), int(row["message_offset"]))
        for row in found.get("unexpected_index_list") or ()
    )


def describe_bound(expectation: Any, parameters: Mapping[str, Any]) -> str:
    """The bound of an expectation as ``name = value``, parameters filled in."""
    kwargs = {
        name: parameters.get(value["$PARAMETER"]) if isinstance(value, dict) else value
        for name, value in expectation.configuration.kwargs.items()
        if name not in ("batch_id", "column")
    }
    column = expectation.configuration.kwargs.get("column")
    bound = ", ".join(f"{name} = {value}" for name, value in sorted(kwargs.items()))
    return (f"{column} with {bound}" if column else bound)[:ERROR_LENGTH_MAX]


def strip_rows(document: dict[str, Any]) -> dict[str, Any]:
    """The package's result without lists of rows: those stand in ``landing.rejects``."""
    for result in document["results"]:
        result["result"] = {
            name: value
            for name, value in result["result"].items()
            if not name.endswith(("_list", "_query", "_counts"))
        }
    return document
