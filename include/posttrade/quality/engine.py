"""Great Expectations behind one small door.

The package takes seconds to import, so nothing here imports it before it is needed. A worker calls
``preload`` once before it forks; each process then opens its own engine on first use and keeps it.

The rows under test are chosen by settings that the views read (``gx.batch_id`` and others), which
a listener sets in every transaction: nothing is pulled into Python, and one engine serves all
batches. A suite runs in one pass that answers yes or no for every rule, which the package folds
into a single query. Only for what failed a second pass fetches counts and keys. What the package
works out for a suite before it asks the database is kept for the next batch (``prepared_suite``).
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.quality.answers import read_error, read_result, strip_rows
from posttrade.quality.prepared_suite import PreparedSuite
from posttrade.quality.verdict import Level, Verdict

PROJECT_ROOT = Path(__file__).resolve().parents[3] / "great_expectations"
CONNECTION_VARIABLE = "POSTTRADE_QUALITY_CONNECTION"
DATA_SOURCE = "trade"
KEY_COLUMNS = ("topic", "partition", "message_offset")
# connection lost, resources exhausted, operator's intervention: worth another attempt
OUTAGE_STATES = ("08", "53", "57")
BOOLEAN_ONLY = {"result_format": "BOOLEAN_ONLY"}
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
# on SQL the list of keys is cut to partial_unexpected_count in every format, also in COMPLETE
ROWS_TOO = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 2**31 - 1,
    "unexpected_index_column_names": list(KEY_COLUMNS),
    "return_unexpected_index_query": False,
}
log = logging.getLogger(__name__)
_engines: dict[str, QualityEngine] = {}


class QualityEngine:
    """Runs the committed suites against one database."""

    def __init__(self, dsn: str, project_root: Path = PROJECT_ROOT) -> None:
        self._settings: Mapping[str, str] = {}
        self._prepared: dict[Any, PreparedSuite] = {}
        self._definitions: dict[str, Any] = {}
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
        started = time.monotonic()
        definition = self._definition(suite)
        expectations = definition.suite.expectations
        document: Any = None
        with self.applying(settings):
            answers = None
            if not with_document:
                answers = self._ask(definition, expectations, BOOLEAN_ONLY, parameters)
            if answers is None:
                document = run_plainly(definition, parameters)
                answers = {each.expectation_config.id: each for each in document.results}
            for expectation in expectations:
                answer = answers[expectation.id]
                if not answer.success and read_error(answer.exception_info) is None:
                    has_rows = Level(expectation.meta["level"]) in with_rows_of
                    result_format = ROWS_TOO if has_rows else COUNTS_ONLY
                    ask_again = self._ask_again if document is None else run_singly
                    answers[expectation.id] = ask_again(
                        definition, expectation, result_format, parameters
                    )
        if with_document:
            document.results = [answers[expectation.id] for expectation in expectations]
        return Verdict(
            suite=suite,
            rules=tuple(read_result(each, answers[each.id], parameters) for each in expectations),
            row_count=max(answer.result.get("element_count", 0) for answer in answers.values()),
            duration_ms=round((time.monotonic() - started) * 1000),
            document={"validation": strip_rows(document.to_json_dict())} if with_document else {},
        )

    def _ask(
        self,
        definition: Any,
        expectations: Sequence[Any],
        result_format: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """Each expectation's answer by its id; None where the package has to run them itself."""
        key = (definition.name, result_format["result_format"], tuple(e.id for e in expectations))
        try:
            if key not in self._prepared:
                request = definition.data.build_batch_request()
                validator = self.context.get_validator(batch_request=request)
                self._prepared[key] = PreparedSuite(
                    validator, expectations, result_format, parameters
                )
            return self._prepared[key].judge(parameters)
        except Exception as error:
            self._prepared.pop(key, None)
            if self.outage is not None:
                raise
            # the package finds out which expectations cannot be evaluated, and says why
            log.info("suite %s is run without preparation: %s", definition.name, error)
            return None

    def _ask_again(
        self,
        definition: Any,
        expectation: Any,
        result_format: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> Any:
        answers = self._ask(definition, [expectation], result_format, parameters)
        if answers is None:
            return run_singly(definition, expectation, result_format, parameters)
        return answers[expectation.id]

    def _definition(self, suite: str) -> Any:
        if suite not in self._definitions:
            try:
                self._definitions[suite] = self.context.validation_definitions.get(suite)
            except Exception as error:
                raise ConfigurationError(
                    f"no validation definition {suite!r} below {PROJECT_ROOT}: {error}"
                ) from error
        return self._definitions[suite]

    def disconnect(self, *, is_inherited: bool = False) -> None:
        """Leave the connections; the next suite opens its own. Inherited ones stay the parent's."""
        self._sql_engine().dispose(close=not is_inherited)


def run_plainly(definition: Any, parameters: Mapping[str, Any]) -> Any:
    """Let the package run a suite in its own way."""
    from great_expectations.validator.v1_validator import Validator

    validator = Validator(definition.data, result_format=dict(BOOLEAN_ONLY))
    return validator.validate_expectation_suite(definition.suite, dict(parameters))


def run_singly(
    definition: Any,
    expectation: Any,
    result_format: Mapping[str, Any],
    parameters: Mapping[str, Any],
) -> Any:
    """Let the package run one expectation in its own way."""
    from great_expectations.validator.v1_validator import Validator

    validator = Validator(definition.data, result_format=dict(result_format))
    return validator.validate_expectation(expectation, dict(parameters))


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
    url = connection_url(dsn)
    if url not in _engines:
        _engines[url] = QualityEngine(dsn)
    return _engines[url]


def _leave_connections() -> None:
    for engine in _engines.values():
        engine.disconnect(is_inherited=True)


os.register_at_fork(after_in_child=_leave_connections)


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


def write_whole_numbers(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a question, a whole bound as an integer.

    The package states every bound as a binary float, for which the server turns each number of each
    row into one: slower than to compare decimals, and less exact.
    """
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in parameters.items()
    }


def _listen(sql_engine: Any, engine: QualityEngine) -> None:
    from sqlalchemy import event, func, select

    def apply_settings(connection: Any) -> None:
        for name, value in engine.settings.items():
            connection.execute(select(func.set_config(name, value, True)))

    def note_outage(context: Any) -> None:
        error = context.original_exception
        # a connection that died while it lay idle is replaced before anything is asked of it
        if isinstance(error, psycopg.OperationalError) and not context.is_pre_ping:
            state = error.sqlstate or ""
            if not state or state.startswith(OUTAGE_STATES):
                engine.outage = f"the trade database broke off during validation: {error}"

    def state_whole_bounds(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _of: Any, is_many: bool
    ) -> tuple[str, Any]:
        return statement, parameters if is_many else write_whole_numbers(parameters)

    event.listen(sql_engine, "begin", apply_settings)
    event.listen(sql_engine, "before_cursor_execute", state_whole_bounds, retval=True)
    event.listen(sql_engine, "handle_error", note_outage)
