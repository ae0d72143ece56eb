"""Rounds of the capture: what they do, when they end, and what ends them."""

from __future__ import annotations

import dataclasses
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from posttrade.capture_rounds import RoundLimits
from posttrade.errors import GateFailed, Unavailable
from tests.capture.conftest import BRIEFLY, Desk
from tests.conftest import wait_until
from tests.quality.filling import insert_batch
from tests.quality.plants import TODAY, good_row

if TYPE_CHECKING:
    from typing_extensions import Self

STEPS = """
select step, outcome, count(*), sum(rows_in)
from control.step_runs
group by step, outcome
order by step
"""
FAR_PARTITION = 99  # where no message of the broker's comes
PATIENCE_S = 200
STATUSES = "select status, count(*) from landing.batches group by status order by status"


def plant_stopped_batch(desk: Desk) -> int:
    """A drained batch that has lost a row: its gate will stop it."""
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute("select landing.ensure_message_partition(current_date)")
        row = {**good_row("executions", TODAY), "partition": FAR_PARTITION}
        return insert_batch(connection, "executions", [row], miscounted_by=1)


def test_messages_become_matches_in_rounds(desk: Desk) -> None:
    sent = desk.send(40)
    counts = desk.rounds().run()
    assert counts.rows_in == sent
    assert desk.ask(STATUSES) == [("RECONCILED", counts.batches)]
    assert desk.ask("select count(*) from recon.matches") == [(40,)]
    assert counts.published == desk.ask("select count(*) from trade.executions")[0][0]
    steps = {step: (outcome, rows) for step, outcome, _, rows in desk.ask(STEPS)}
    assert steps["trade_capture/drain_feeds"] == ("DONE", sent)
    assert steps["trade_capture/validate_batches"] == ("DONE", sent)
    assert steps["trade_capture/promote_batches"] == ("DONE", sent)
    assert steps["trade_capture/reconcile_batches"][0] == "DONE"
    assert steps["trade_capture/publish_outbox"] == ("DONE", counts.published)


def test_rest_leaves_no_rows_and_ends(desk: Desk) -> None:
    desk.rounds().run()
    assert desk.ask(STEPS) == []


def test_a_series_ends_although_messages_wait(desk: Desk) -> None:
    desk.send(5)
    limits = dataclasses.replace(BRIEFLY, lasts_s=0.0)
    assert desk.rounds(limits=limits).run().rounds == 0
    assert desk.rounds().run().rounds >= 1


def test_what_an_earlier_series_left_is_published(desk: Desk) -> None:
    desk.send(5)
    published = desk.rounds().run().published
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(
            "update outbox.announcements set published_at = null, withdrawn_count = null"
        )
    assert desk.rounds().run().published == published


def test_what_another_publisher_leaves_is_published(desk: Desk) -> None:
    """One that was killed keeps its lock until the server has ended its last statement."""
    desk.send(5)
    limits = dataclasses.replace(BRIEFLY, lasts_s=60.0)
    with psycopg.connect(desk.dsn) as other:
        other.execute("select pg_advisory_xact_lock(hashtext('outbox.messages'))")
        release = threading.Timer(limits.idle_s + 2, other.rollback)
        release.start()
        counts = desk.rounds(limits=limits).run()
        release.join()
    assert counts.published == desk.ask("select count(*) from trade.executions")[0][0]


def test_a_stopped_batch_holds_up_no_other_and_is_told_once(desk: Desk) -> None:
    stopped = plant_stopped_batch(desk)
    desk.send(20)
    with pytest.raises(GateFailed, match=rf"batch {stopped} of feed executions is stopped"):
        desk.rounds("first").run()
    assert desk.ask("select count(*) from recon.matches") == [(20,)]
    assert [status for status, _ in desk.ask(STATUSES)] == ["RECONCILED", "STOPPED"]
    failed = desk.ask("select step from control.step_runs where outcome = 'FAILED'")
    assert failed == [("trade_capture/validate_batches",)]
    desk.send(20, seed=2)
    assert desk.rounds("second").run().rounds >= 1
    assert desk.ask("select count(*) from recon.matches") == [(40,)]


def test_a_stopped_batch_is_told_soon_under_traffic(desk: Desk) -> None:
    plant_stopped_batch(desk)
    limits = dataclasses.replace(BRIEFLY, stopped_s=0.5, idle_s=2 * PATIENCE_S, lasts_s=900)
    began = time.monotonic()
    with pytest.raises(GateFailed):
        desk.rounds(limits=limits).run()
    assert time.monotonic() - began < PATIENCE_S


def test_a_stopped_batch_is_told_although_the_broker_went(desk: Desk) -> None:
    plant_stopped_batch(desk)
    limits = dataclasses.replace(BRIEFLY, idle_s=PATIENCE_S, stopped_s=PATIENCE_S, lasts_s=900)

    def stop_broker() -> None:
        wait_until(lambda: ("STOPPED", 1) in desk.ask(STATUSES), PATIENCE_S)
        desk.broker.stop()

    stopper = threading.Thread(target=stop_broker)
    stopper.start()
    with pytest.raises(GateFailed, match=r"is stopped.*; Unavailable: "):
        desk.rounds(limits=limits).run()
    stopper.join()


def test_without_a_broker_it_ends_with_unavailable(desk: Desk) -> None:
    desk.broker.stop()
    with pytest.raises(Unavailable):
        desk.rounds().run()
    (row,) = desk.ask("select step, outcome from control.step_runs where outcome = 'FAILED'")
    assert row == ("trade_capture/drain_feeds", "FAILED")


def test_a_lost_connection_ends_it_and_the_next_series_goes_on(desk: Desk) -> None:
    desk.send(20)
    errors: list[BaseException] = []
    limits = dataclasses.replace(BRIEFLY, idle_s=PATIENCE_S, lasts_s=900)
    rounds = desk.rounds(limits=limits)

    def run() -> None:
        try:
            rounds.run()
        except Unavailable as error:
            errors.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    wait_until(lambda: rounds.counts.rounds > 0, PATIENCE_S)
    end_sessions = (
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        " and datname = current_database() and application_name like 'posttrade%'"
    )
    desk.ask(end_sessions)
    worker.join(60)
    assert len(errors) == 1
    sent = desk.send(20, seed=2)
    assert desk.rounds().run().rows_in == sent
    assert desk.ask("select count(*) from recon.matches") == [(40,)]


def test_it_stops_when_it_is_told_to(desk: Desk) -> None:
    rounds = desk.rounds(limits=RoundLimits())
    worker = threading.Thread(target=rounds.run)
    worker.start()
    time.sleep(1.0)
    told_at = time.monotonic()
    rounds.stop()
    worker.join(30)
    assert not worker.is_alive()
    assert time.monotonic() - told_at < 5


def test_a_trade_out_of_its_grace_is_compared_without_any_message(desk: Desk) -> None:
    desk.send(3)
    desk.rounds().run()
    with psycopg.connect(desk.dsn) as connection:
        connection.execute("set local posttrade.records_leave to on")
        connection.execute("delete from trade.confirmations")
        connection.execute(
            "insert into recon.pending (business_date, trade_id, due_at)"
            " select business_date, trade_id, now() from trade.executions where feed = 'executions'"
        )
        connection.execute("delete from control.step_runs")
    desk.rounds().run()
    breaks = desk.ask("select break_type, count(*) from recon.breaks group by break_type")
    assert breaks == [("missing_confirmation", 3)]
    steps: dict[str, Any] = {step: outcome for step, outcome, _, _ in desk.ask(STEPS)}
    assert steps["trade_capture/reconcile_batches"] == "DONE"
    assert "trade_capture/validate_batches" not in steps


def test_every_step_has_its_span(desk: Desk) -> None:
    desk.send(3)
    spans: list[Any] = []

    @dataclasses.dataclass
    class Span:
        step: str
        batch_ids: list[int] = dataclasses.field(default_factory=list)
        facts: dict[str, int] = dataclasses.field(default_factory=dict)

        def __enter__(self) -> Self:
            spans.append(self)
            return self

        def __exit__(self, *error: object) -> None:
            pass

    rounds = desk.rounds()
    rounds._trace = Span  # type: ignore[assignment]
    counts = rounds.run()
    named = [span for span in spans if span.batch_ids]
    assert {span.step.rpartition("/")[2] for span in named} == {
        "drain_feeds", "validate_batches", "promote_batches", "reconcile_batches",
        "settle_batches", "settle_orders", "apply_statuses", "reconcile_statements",
    }  # fmt: skip
    drained = [span for span in named if span.step.endswith("drain_feeds")]
    assert sum(len(span.batch_ids) for span in drained) == counts.batches
