"""Suites worked out once say the same as the package does by itself, and survive a fork."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

import psycopg
import pytest

from posttrade.feeds import FEEDS
from posttrade.quality import prepare_validation, validate_batches
from posttrade.quality.answers import read_result
from posttrade.quality.engine import BOOLEAN_ONLY, COUNTS_ONLY, ROWS_TOO, open_engine, run_plainly
from posttrade.quality.prepared_suite import PreparedSuite
from tests.conftest import wait_until
from tests.quality.filling import insert_batch
from tests.quality.plants import RECORD_TYPES, TODAY, good_row, terms

FORK_TIMEOUT_S = 60
BACKEND_END_TIMEOUT_S = 10


@pytest.fixture
def trade(trade_dsn: str) -> Any:
    with psycopg.connect(trade_dsn, autocommit=True) as connection:
        yield connection


def broken_rows(feed: str) -> list[dict[str, Any]]:
    """Good rows, and some that break rules of each level."""
    good = good_row(feed, TODAY)
    return [good, good, {**good, "trade_id": "<b>"}, {**good, "trade_id": "x" * 500}]


@pytest.mark.parametrize("feed", RECORD_TYPES)
def test_prepared_answers_are_the_packages_own(trade_dsn: str, trade: Any, feed: str) -> None:
    first = insert_batch(trade, feed, [good_row(feed, TODAY)])
    second = insert_batch(trade, feed, broken_rows(feed), miscounted_by=1)
    engine = open_engine(trade_dsn)
    definition = engine._definition(FEEDS[feed].suite)
    expectations = definition.suite.expectations
    with engine.applying({"gx.batch_id": str(first)}):
        request = definition.data.build_batch_request()
        validator = engine.context.get_validator(batch_request=request)
        prepared = PreparedSuite(validator, expectations, BOOLEAN_ONLY, {"staged_count": 1})
        assert all(answer.success for answer in prepared.judge({"staged_count": 1}).values())
    with engine.applying({"gx.batch_id": str(second)}):
        found = prepared.judge({"staged_count": 5})
        own = run_plainly(definition, {"staged_count": 5})
    told = {result.expectation_config.id: result.success for result in own.results}
    assert {key: answer.success for key, answer in found.items()} == told
    assert not all(told.values())


@pytest.mark.parametrize("result_format", [COUNTS_ONLY, ROWS_TOO])
def test_prepared_rows_are_the_packages_own(
    trade_dsn: str, trade: Any, result_format: dict[str, Any]
) -> None:
    from posttrade.quality.engine import run_singly

    batch_id = insert_batch(trade, "executions", broken_rows("executions"))
    engine = open_engine(trade_dsn)
    definition = engine._definition("executions")
    parameters = {"staged_count": 4}
    with engine.applying({"gx.batch_id": str(batch_id)}):
        for expectation in definition.suite.expectations:
            own = run_singly(definition, expectation, result_format, parameters)
            if not own.success:
                ours = engine._ask(definition, [expectation], result_format, parameters)
                assert ours is not None
                assert read_result(expectation, ours[expectation.id], parameters) == read_result(
                    expectation, own, parameters
                )


def test_whole_bounds_are_exact(trade_dsn: str, trade: Any) -> None:
    """The nearest binary float of this quantity is the bound itself."""
    beyond = {**good_row("executions", TODAY), **terms("1000000000000.00001", "1", "executions")}
    batch_id = insert_batch(trade, "executions", [beyond])
    verdict = open_engine(trade_dsn).validate(
        FEEDS["executions"].suite, {"gx.batch_id": str(batch_id)}, {"staged_count": 1}
    )
    assert "quantity_too_large" in {
        result.rule for result in verdict.rules if not result.is_success
    }


def validate_in_child(dsn: str, batch_id: int, answers: Any) -> None:
    answers.put((os.getpid(), validate_batches(dsn, [batch_id], run_id="child").rows_out))


def test_what_was_prepared_serves_forked_processes(trade_dsn: str, trade: Any) -> None:
    prepare_validation(trade_dsn)
    backends = (
        "select count(*) from pg_stat_activity where application_name = 'posttrade quality'"
        " and datname = current_database()"
    )

    def has_ended() -> bool:
        with psycopg.connect(trade_dsn) as observer:
            return observer.execute(backends).fetchone() == (0,)

    wait_until(has_ended, BACKEND_END_TIMEOUT_S)  # the server takes a moment to end one
    batch_ids = [
        insert_batch(trade, "executions", [good_row("executions", TODAY)]) for _ in range(3)
    ]
    assert validate_batches(trade_dsn, [batch_ids[0]], run_id="parent").rows_out == 1
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=validate_in_child, args=(trade_dsn, batch_ids[1], answers))
    child.start()
    assert answers.get(timeout=FORK_TIMEOUT_S) == (child.pid, 1)
    child.join(FORK_TIMEOUT_S)
    assert validate_batches(trade_dsn, [batch_ids[2]], run_id="parent").rows_out == 1
