"""Airflow's settings for tests: a home of its own, and a metadata database that is not there."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from posttrade.instance import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

os.environ.update(
    AIRFLOW_HOME=tempfile.mkdtemp(prefix="posttrade-airflow-"),
    AIRFLOW__CORE__DAGS_FOLDER=str(REPOSITORY / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(REPOSITORY / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__AUTH_MANAGER=(
        "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    ),
    # nobody listens there: whatever asks for the metadata fails the test
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql+psycopg2://nobody@127.0.0.1:1/nothing",
    AIRFLOW__API__BASE_URL="http://127.0.0.1:8080/desk",
    AIRFLOW__API_AUTH__JWT_SECRET="s" * 64,
)


class Run:
    """The facts of a Dag run that steps look at."""

    def __init__(self, partition_key: str | None = None, run_id: str = "manual__1") -> None:
        self.dag_id = "end_of_day"
        self.run_id = run_id
        self.partition_key = partition_key


class Task:
    """A task instance that remembers what was pushed."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def make_context(
    partition_key: str | None = None, params: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A task's context, as far as steps look at it."""
    run = Run(partition_key)
    return {"dag_run": run, "run_id": run.run_id, "params": dict(params or {}), "ti": Task()}


@pytest.fixture(scope="session")
def dags() -> dict[str, Any]:
    """Every Dag of the repository, parsed once."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(REPOSITORY / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)
