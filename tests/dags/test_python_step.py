"""How a step fails, what it tells, and what it is given."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from posttrade import errors
from posttrade.database import StepCounts
from posttrade_airflow import python_step
from posttrade_airflow.python_step import (
    PythonStep,
    mapped_errors,
    read_counts,
    read_dsn,
    to_json,
)

from .conftest import Task, make_context


@pytest.mark.parametrize(
    "error",
    [
        errors.GateFailed("batch 7 of feed executions is stopped"),
        errors.ConfigurationError("set POSTTRADE_HOME"),
        errors.InvariantBroken("offset moved back"),
        errors.DataRejected("price_not_positive", "found -1"),
    ],
)
def test_what_cannot_be_helped_fails_at_once(error: errors.PostTradeError) -> None:
    task = Task()
    with pytest.raises(AirflowFailException) as failed, mapped_errors(task):
        raise error
    line = f"{type(error).__name__}: {error}"
    assert str(failed.value) == line
    assert task.pushed == {"error": line}
    assert failed.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [errors.Unavailable("the broker does not answer"), OSError("reset"), ValueError("?")]
)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    task = Task()
    with pytest.raises(type(error)) as failed, mapped_errors(task):
        raise error
    assert failed.value is error
    assert task.pushed["error"].startswith(type(error).__name__)


def test_airflows_own_ways_are_left_alone() -> None:
    task = Task()
    with pytest.raises(TaskDeferred), mapped_errors(task):
        raise TaskDeferred(trigger=None, method_name="resume")  # type: ignore[arg-type]
    assert task.pushed == {}


@dataclasses.dataclass(frozen=True)
class Result:
    version: int
    directory: Path
    is_new: bool
    day: dt.date


def test_results_become_plain_json() -> None:
    result = Result(2, Path("/reports/v2"), True, dt.date(2026, 11, 12))
    assert read_counts(result) == {"version": 2}
    assert to_json(result) == {
        "version": 2, "directory": "/reports/v2", "is_new": True, "day": "2026-11-12",
    }  # fmt: skip
    assert json.dumps(to_json({"a": (1, {2}), 3: None})) == '{"a": [1, [2]], "3": null}'


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        (StepCounts(10, 7), {"rows_in": 10, "rows_out": 7}),
        ([1, 2, 3], {"count": 3}),
        (12, {"rows_out": 12}),
        ({"version": 3, "sent": ["a"]}, {"version": 3}),
        (None, {}),
        (True, {}),
    ],
)
def test_counts_are_found_in_results(result: Any, counts: dict[str, int]) -> None:
    assert read_counts(result) == counts


def remember(dsn: str, business_date: dt.date, *, run_id: str, batch_ids: list[int]) -> StepCounts:
    assert dsn.startswith("host=db.example")
    assert run_id == "manual__1"
    assert business_date == dt.date(2026, 11, 12)
    return StepCounts(len(batch_ids), 0)


def test_a_step_gives_its_function_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_POSTTRADE_DB",
        json.dumps({"conn_type": "postgres", "host": "db.example", "schema": "trade",
                    "login": "me", "password": "it's \\secret", "extra": {"sslmode": "require"}}),
    )  # fmt: skip
    assert read_dsn() == (
        "host=db.example user=me password='it\\'s \\\\secret' dbname=trade sslmode=require"
    )
    step = PythonStep(
        task_id="remember", call=f"{__name__}.remember", arguments={"batch_ids": [1, 2]}
    )
    step.keeps_run_log = False
    context = make_context("2026-11-12")
    monkeypatch.setattr(python_step, "import_function", lambda _: remember)
    assert step.execute(context) == {"rows_in": 2, "rows_out": 0}  # type: ignore[arg-type]
    assert context["ti"].pushed == {"counts": {"rows_in": 2, "rows_out": 0}}


def test_a_run_without_a_date_fails_the_step_that_needs_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_POSTTRADE_DB", '{"conn_type": "postgres", "host": "h"}')
    monkeypatch.setattr(python_step, "import_function", lambda _: remember)
    step = PythonStep(task_id="remember", call="x.remember", arguments={"batch_ids": []})
    step.keeps_run_log = False
    with pytest.raises(AirflowFailException, match="no business date"):
        step.execute(make_context())  # type: ignore[arg-type]


def test_steps_of_modules_that_log_themselves_are_not_logged_twice() -> None:
    assert not PythonStep(task_id="a", call="posttrade.close.begin_close").keeps_run_log
    assert not PythonStep(task_id="b", call="posttrade.capture.promote_batches").keeps_run_log
    assert PythonStep(task_id="c", call="posttrade.outbox.publish_outbox").keeps_run_log


def test_a_step_leaves_its_row_in_the_run_log(
    trade_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_step, "read_dsn", lambda: trade_dsn)
    monkeypatch.setattr(python_step, "import_function", lambda _: lambda: StepCounts(5, 3))
    with DAG(dag_id="end_of_day", schedule=None):
        step = PythonStep(task_id="count", call="x.count")
    step.execute(make_context("2026-11-12"))  # type: ignore[arg-type]
    with psycopg.connect(trade_dsn) as connection:
        rows = connection.execute(
            "select step, business_date, run_id, rows_in, rows_out, outcome from control.step_runs"
        ).fetchall()
    assert rows == [("end_of_day/count", dt.date(2026, 11, 12), "manual__1", 5, 3, "DONE")]
