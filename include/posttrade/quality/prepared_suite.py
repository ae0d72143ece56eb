"""A suite whose questions are worked out once, and put to one batch after the other.

For every run Great Expectations works out anew which metrics each expectation needs, how these
depend on each other, and the SQL that gives them: nine tenths of the time of a run on a small
batch. For a view whose rows are chosen by a setting all of that is the same each time, and is kept
here. What rows decide is not kept: each run asks the database, and each expectation judges.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from posttrade.quality.answers import Answer

# SQL expressions, and facts about the columns: no row changes them
TIMELESS_SUFFIXES = (".condition", ".aggregate_fn")
TIMELESS_NAMES = ("table.columns", "table.column_types")


class UnpreparableError(Exception):
    """The suite has to be run as the package runs it: something of it does not stay the same."""


@dataclasses.dataclass(frozen=True)
class _Question:
    """An expectation, bound to the batch, and the ids of its metrics by the names it knows.

    Attributes:
        configuration: as the suite states it, where it has parameters: it is bound in each run.
    """

    identity: str
    expectation: Any
    metric_ids: Mapping[str, Any]
    configuration: Any = None


class PreparedSuite:
    """Expectations on one batch definition, in one result format.

    Args:
        validator: the package's validator of the batch definition.
        expectations: what is expected.
        result_format: how much is told of what fails, in the package's words.
        parameters: values for the suite's ``$PARAMETER`` references.

    Raises:
        UnpreparableError: a metric cannot be resolved.
    """

    def __init__(
        self,
        validator: Any,
        expectations: Iterable[Any],
        result_format: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> None:
        self._engine = validator.execution_engine
        self._batch_id = validator.active_batch_id
        self._result_format = dict(result_format)
        wanted: dict[Any, Any] = {}
        self._questions = [self._prepare(each, parameters, wanted) for each in expectations]
        graph = validator.metrics_calculator.build_metric_dependency_graph(
            list(wanted.values()), self._runtime()
        )
        metrics, failures = graph.resolve(self._runtime(), show_progress_bars=False)
        if failures:
            raise UnpreparableError(f"{len(failures)} metrics cannot be resolved")
        needed = {edge.left.id: edge.left for edge in graph.edges}
        self._timeless = {key: metrics[key] for key, each in needed.items() if is_timeless(each)}
        self._stages = order_by_need(needed, set(self._timeless))

    def judge(self, parameters: Mapping[str, Any]) -> dict[str, Answer]:
        """Ask the database for what rows decide, and let each expectation judge.

        Returns:
            Each expectation's answer, by its id.

        Raises:
            Exception: whatever the package or the database ends with.
        """
        metrics = dict(self._timeless)
        for stage in self._stages:
            metrics.update(self._engine.resolve_metrics(stage, metrics, self._runtime()))
        answers = {}
        for question in self._questions:
            asked = question
            if question.configuration is not None:
                asked = self._bind(question.identity, question.configuration, parameters, {})
            # the hook that each expectation implements; what the package has around it works the
            # metrics out again
            found = asked.expectation._validate(
                metrics={name: metrics[key] for name, key in asked.metric_ids.items()},
                runtime_configuration=self._runtime(),
                execution_engine=self._engine,
            )
            answers[question.identity] = Answer(bool(found["success"]), found.get("result") or {})
        return answers

    def _runtime(self) -> dict[str, Any]:
        return {"result_format": dict(self._result_format)}

    def _prepare(
        self, expectation: Any, parameters: Mapping[str, Any], wanted: dict[Any, Any]
    ) -> _Question:
        stated = expectation.configuration
        bound = self._bind(expectation.id, stated, parameters, wanted)
        if expectation.suite_parameter_options:
            return dataclasses.replace(bound, configuration=stated)
        return bound

    def _bind(
        self, identity: str, stated: Any, parameters: Mapping[str, Any], wanted: dict[Any, Any]
    ) -> _Question:
        """The expectation on this batch, parameters filled in; ``wanted`` takes up its metrics."""
        configuration = copy.deepcopy(stated)
        configuration.process_suite_parameters(dict(parameters))
        configuration.kwargs.update({"batch_id": self._batch_id})
        expectation = configuration.to_domain_obj()
        needs = expectation.get_validation_dependencies(self._engine, self._runtime())
        ids = {name: metric.id for name, metric in needs.metric_configurations.items()}
        wanted.update(zip(ids.values(), needs.metric_configurations.values(), strict=True))
        return _Question(identity, expectation, ids)


def is_timeless(metric: Any) -> bool:
    """Whether a metric has the same value whatever the rows are."""
    name: str = metric.metric_name
    return name.endswith(TIMELESS_SUFFIXES) or name in TIMELESS_NAMES


def order_by_need(needed: Mapping[Any, Any], known: set[Any]) -> list[Sequence[Any]]:
    """Metrics in stages: each needs only what is known or stands in an earlier one."""
    known = set(known)
    stages: list[Sequence[Any]] = []
    left = {key: metric for key, metric in needed.items() if key not in known}
    while left:
        ready = {
            key: metric
            for key, metric in left.items()
            if all(each.id in known for each in metric.metric_dependencies.values())
        }
        if not ready:
            raise UnpreparableError(f"{len(left)} metrics need each other")
        stages.append(tuple(ready.values()))
        known |= ready.keys()
        left = {key: metric for key, metric in left.items() if key not in ready}
    return stages
