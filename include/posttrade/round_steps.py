"""The steps of a capture round after the drain, in their order, and what they share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

from posttrade.capture import promote_batches, reconcile_batches
from posttrade.database import StepCounts
from posttrade.drain import Drain
from posttrade.quality import validate_batches
from posttrade.run_log import RunLog
from posttrade.settlement import (
    apply_statuses,
    reconcile_statements,
    settle_batches,
    settle_orders,
)


@dataclasses.dataclass(frozen=True)
class RoundTools:
    """What the steps of a series share."""

    dsn: str
    kafka_config: Mapping[str, Any]
    run_id: str
    run_log: RunLog
    connection: psycopg.Connection[Any]
    drain: Drain


@dataclasses.dataclass(frozen=True)
class RoundStep:
    """One step on the batches of a round; it leaves alone those whose status is not for it.

    Attributes:
        name: of its rows in the run log and of its spans, after the Dag's.
        work: the step itself.
        writes_log: whether it writes its own row of the run log.
        needs_batches: whether it has nothing to do without batches.
    """

    name: str
    work: Callable[[RoundTools, Sequence[int]], StepCounts]
    writes_log: bool = False
    needs_batches: bool = True


def _validate(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:
    return validate_batches(tools.dsn, batch_ids, run_id=tools.run_id, connection=tools.connection)


def _promote(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:
    return promote_batches(
        tools.dsn,
        batch_ids,
        run_id=tools.run_id,
        connection=tools.connection,
        run_log=tools.run_log,
    )


def _reconcile(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:
    return reconcile_batches(
        tools.dsn,
        batch_ids,
        run_id=tools.run_id,
        connection=tools.connection,
        run_log=tools.run_log,
    )


def _settle(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:
    return settle_batches(
        tools.dsn,
        batch_ids,
        run_id=tools.run_id,
        connection=tools.connection,
        run_log=tools.run_log,
    )


def _settle_orders(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:  # noqa: ARG001
    return settle_orders(
        tools.dsn, run_id=tools.run_id, connection=tools.connection, run_log=tools.run_log
    )


def _apply_statuses(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:  # noqa: ARG001
    return apply_statuses(
        tools.dsn, run_id=tools.run_id, connection=tools.connection, run_log=tools.run_log
    )


def _reconcile_statements(tools: RoundTools, batch_ids: Sequence[int]) -> StepCounts:  # noqa: ARG001
    return reconcile_statements(
        tools.dsn, run_id=tools.run_id, connection=tools.connection, run_log=tools.run_log
    )


# in their order; a step that is added here needs nothing else
STEPS = (
    RoundStep("validate_batches", _validate),
    RoundStep("promote_batches", _promote, writes_log=True),
    # trades that run out of their grace are compared without a batch
    RoundStep("reconcile_batches", _reconcile, writes_log=True, needs_batches=False),
    RoundStep("settle_batches", _settle, writes_log=True, needs_batches=False),
    RoundStep("settle_orders", _settle_orders, writes_log=True, needs_batches=False),
    RoundStep("apply_statuses", _apply_statuses, writes_log=True, needs_batches=False),
    RoundStep("reconcile_statements", _reconcile_statements, writes_log=True, needs_batches=False),
)
