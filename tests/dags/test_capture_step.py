"""The capture as a task: what it hands to the rounds, how it ends, how it is ended."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from posttrade import capture_rounds
from posttrade.capture_rounds import RoundCounts
from posttrade.errors import GateFailed, Unavailable
from posttrade_airflow import capture_step
from posttrade_airflow.capture_step import CaptureBatches

from .conftest import make_context


class Rounds:
    """Stands for the rounds: ends as it is told to."""

    outcome: RoundCounts | Exception = RoundCounts()
    made: list[Rounds] = []  # noqa: RUF012

    def __init__(self, dsn: str, kafka_config: Any, *, run_id: str, trace: Any) -> None:
        self.given = (dsn, kafka_config, run_id)
        self.is_stopped = False
        self.trace = trace
        Rounds.made.append(self)

    def run(self) -> RoundCounts:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture(autouse=True)
def rounds(monkeypatch: pytest.MonkeyPatch) -> type[Rounds]:
    monkeypatch.setattr(capture_rounds, "CaptureRounds", Rounds)
    monkeypatch.setattr(capture_step, "read_dsn", lambda: "dsn")
    monkeypatch.setattr(capture_step, "read_kafka_config", lambda: {"a": 1})
    monkeypatch.setattr(CaptureBatches, "keeps_run_log", False)
    Rounds.made.clear()
    return Rounds


def run_task(task: CaptureBatches | None = None) -> tuple[Any, Any]:
    context = make_context()
    step = task or CaptureBatches(task_id="capture_batches")
    return step.execute(context), context["ti"].pushed  # type: ignore[arg-type]


def test_it_tells_what_the_rounds_did(
    rounds: type[Rounds], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "outcome", RoundCounts(3, 12, 100, 99, 40))
    result, pushed = run_task()
    assert result == {"rounds": 3, "batches": 12, "rows_in": 100, "rows_out": 99, "published": 40}
    assert pushed["counts"] == result
    assert rounds.made[0].given == ("dsn", {"a": 1}, "manual__1")


def test_a_stopped_batch_fails_it_without_another_try(
    rounds: type[Rounds], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "outcome", GateFailed("batch 7 of feed executions is stopped"))
    with pytest.raises(AirflowFailException, match="GateFailed: batch 7 of feed executions is"):
        run_task()


def test_an_outage_is_tried_again(rounds: type[Rounds], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "outcome", Unavailable("the broker does not answer"))
    with pytest.raises(Unavailable):
        run_task()


def test_ended_from_outside_it_stops_its_rounds(rounds: type[Rounds]) -> None:
    task = CaptureBatches(task_id="capture_batches")
    task.on_kill()  # before anything has begun
    run_task(task)
    assert not rounds.made[0].is_stopped
    task.on_kill()
    assert rounds.made[0].is_stopped
