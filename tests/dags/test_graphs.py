"""The Dags' shape: their tasks, in which order, with which promises on each."""

from __future__ import annotations

import datetime as dt
import inspect
from typing import Any

import pytest

from posttrade import database
from posttrade.capture_rounds import RoundLimits
from posttrade.round_steps import STEPS
from posttrade_airflow import python_step
from posttrade_airflow.python_step import PythonStep, Step, import_function, value_providers

TRADE_CAPTURE = {
    "wait_for_messages": set(),
    "capture_batches": {"wait_for_messages"},
}
END_OF_DAY = {
    "begin_close": set(),
    "await_capture": {"begin_close"},
    "validate_day": {"await_capture"},
    "reconcile_day": {"validate_day"},
    "instruct_day": {"reconcile_day"},
    "close_orders": {"reconcile_day"},
    "build_positions": {"reconcile_day"},
    "count_control_totals": {"instruct_day", "close_orders", "build_positions"},
    "build_data_docs": {"count_control_totals"},
    "check_compliance": {"count_control_totals"},
    "charge_fees": {"count_control_totals"},
    "measure_risk": {"count_control_totals"},
    "rank_trades": {"count_control_totals"},
    "render_reports": {"check_compliance", "charge_fees", "measure_risk", "rank_trades"},
    "mail_reports": {"render_reports"},
}
SETTLEMENT_CYCLE = {
    "begin_cycle": set(),
    "instruct_waiting": {"begin_cycle"},
    "allocate_blocks": {"instruct_waiting"},
    "apply_statuses": {"allocate_blocks"},
    "net_due": {"apply_statuses"},
    "settle_due": {"net_due"},
    "check_ledger": {"settle_due"},
    "reconcile_custody": {"check_ledger"},
    "chase_fails": {"settle_due"},
    "charge_penalties": {"settle_due"},
    "state_penalties": {"charge_penalties"},
}
HOUSEKEEPING = {
    "make_partitions": set(),
    "remove_expired": {"make_partitions"},
    "vacuum_tables": {"remove_expired"},
}
DAG_IDS = (
    "end_of_day",
    "housekeeping",
    "reference_data",
    "settlement_cycle",
    "simulate_trading_day",
    "trade_capture",
    "watch",
)
TABLED_DAGS = ("trade_capture", "end_of_day", "settlement_cycle", "housekeeping", "watch")
TASK_TIMEOUT_MAX = dt.timedelta(hours=4)


def test_trade_capture_has_its_order(dags: dict[str, Any]) -> None:
    dag = dags["trade_capture"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == TRADE_CAPTURE
    assert dag.max_active_runs == 1


def test_end_of_day_has_its_order(dags: dict[str, Any]) -> None:
    found = {task.task_id: task.upstream_task_ids for task in dags["end_of_day"].tasks}
    assert found == END_OF_DAY


def test_settlement_cycle_has_its_order(dags: dict[str, Any]) -> None:
    dag = dags["settlement_cycle"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == SETTLEMENT_CYCLE
    assert dag.max_active_runs == 1


def test_housekeeping_has_its_order(dags: dict[str, Any]) -> None:
    found = {task.task_id: task.upstream_task_ids for task in dags["housekeeping"].tasks}
    assert found == HOUSEKEEPING


def test_the_watch_stands_beside_the_money_path(dags: dict[str, Any]) -> None:
    dag = dags["watch"]
    assert [task.task_id for task in dag.tasks] == ["keep_watch"]
    assert dag.max_active_runs == 1


@pytest.mark.parametrize("dag_id", ["end_of_day", "settlement_cycle"])
def test_no_task_closes_two_dates_at_a_time(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.max_active_runs == 1
    # a backfill's runs do not count as active runs of the Dag
    assert {task.max_active_tis_per_dag for task in dag.tasks} == {1}


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_is_explained(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.description
    assert len(dag.doc_md) > 300
    assert dag.tags
    # the page shows a runbook's table only if every task stands in it
    if dag_id in TABLED_DAGS:
        assert [
            task.task_id for task in dag.tasks if f"| `{task.task_id}` |" not in dag.doc_md
        ] == []


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_keeps_the_promises(dags: dict[str, Any], dag_id: str) -> None:
    for task in dags[dag_id].tasks:
        assert task.owner == "posttrade"
        assert task.execution_timeout is not None
        assert task.execution_timeout <= TASK_TIMEOUT_MAX
        assert task.on_failure_callback
        if dag_id != "simulate_trading_day":
            assert task.retries >= 2
            assert task.retry_exponential_backoff


def test_rounds_leave_time_for_the_last_of_them() -> None:
    limits = RoundLimits()
    assert limits.lasts_s + limits.idle_s < python_step.TIMEOUT.total_seconds() / 2


def test_every_step_of_a_round_stands_in_the_runbook(dags: dict[str, Any]) -> None:
    names = ["drain_feeds", *(step.name for step in STEPS), "publish_outbox"]
    assert [name for name in names if f"| `{name}` |" not in dags["trade_capture"].doc_md] == []


def test_statement_timeout_is_the_task_timeout() -> None:
    assert python_step.TIMEOUT.total_seconds() == database.STATEMENT_TIMEOUT_S


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_steps_call_functions_that_exist_with_what_they_ask_for(
    dags: dict[str, Any], dag_id: str
) -> None:
    provided = set(value_providers({}, None))  # type: ignore[arg-type, typeddict-item]
    steps = [task for task in dags[dag_id].tasks if isinstance(task, Step)]
    assert steps or dag_id == "watch"
    for step in (step for step in steps if isinstance(step, PythonStep)):
        parameters = inspect.signature(import_function(step.call)).parameters.values()
        missing = {
            parameter.name
            for parameter in parameters
            if parameter.default is inspect.Parameter.empty
            and parameter.name not in provided | set(step.arguments)
        }
        assert missing == set(), f"{step.task_id}: {step.call} asks for {missing}"
        assert set(step.arguments) <= {parameter.name for parameter in parameters}


def test_dags_survive_serialisation(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dags.values():
        copy = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        assert copy.dag_id == dag.dag_id
        assert sorted(copy.task_dict) == sorted(dag.task_dict)
