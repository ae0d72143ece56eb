"""What is compared, when, and what sets it right again."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pytest

from posttrade import capture, close
from posttrade.database import connect

from .day import (
    ACCEPTED_FEEDS,
    WEDNESDAY,
    ask,
    make_trade,
    run_batches,
)
from .scenario import Stage

PLANTED_MATCH = "insert into recon.matches values ('2026-10-14', '3', 1, 1, 1, 'x', now())"


def test_a_new_version_takes_the_match_away_and_brings_it_back(
    trade_dsn: str, stage: Stage
) -> None:
    run_batches(
        trade_dsn, stage, *((feed, [make_trade("1", WEDNESDAY)]) for feed in ACCEPTED_FEEDS)
    )
    run_batches(
        trade_dsn, stage, ("executions", [make_trade("1", WEDNESDAY, version=2, quantity=99)])
    )
    states = "select outcome, reconciled from recon.trades where trade_id = '1'"
    assert ask(trade_dsn, states) == [("mismatched", False)]
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", WEDNESDAY, version=3)]))
    assert ask(trade_dsn, states) == [("matched", True)]
    assert ask(trade_dsn, "select distinct status from recon.breaks") == [("RESOLVED",)]


def test_waiting_ends_with_the_grace_period(trade_dsn: str, stage: Stage) -> None:
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", WEDNESDAY)]))
    due_at = capture.next_due_at(trade_dsn)
    assert due_at is not None
    assert ask(trade_dsn, "select outcome from recon.trades") == [("pending",)]
    capture.reconcile_batches(
        trade_dsn, [], run_id="test", as_of=due_at - dt.timedelta(milliseconds=1)
    )
    assert ask(trade_dsn, "select outcome from recon.trades") == [("pending",)]
    capture.reconcile_batches(trade_dsn, [], run_id="test", as_of=due_at)
    assert ask(trade_dsn, "select outcome from recon.trades") == [("unmatched",)]
    assert capture.next_due_at(trade_dsn) is None


@pytest.mark.parametrize(
    "damage",
    [
        "delete from recon.matches where trade_id = '1'",
        "update recon.matches set trade_id = '9' where trade_id = '1'",
        "update recon.matches set confirmation_version = 2",
        PLANTED_MATCH,
        "; ".join(
            ("delete from recon.matches", PLANTED_MATCH, PLANTED_MATCH.replace("'3'", "'S'"))
        ),
        "delete from recon.breaks",
        "update recon.breaks set delta = 0",
    ],
)
def test_close_sets_right_what_was_changed_by_hand(
    trade_dsn: str, stage: Stage, damage: str
) -> None:
    records = [make_trade("1", WEDNESDAY), make_trade("2", WEDNESDAY)]
    wrong = make_trade("3", WEDNESDAY, price=7)
    batches = {feed: [*records, make_trade("3", WEDNESDAY)] for feed in ACCEPTED_FEEDS}
    batches["broker_confirmations"][-1] = wrong
    run_batches(trade_dsn, stage, *batches.items())
    columns = "business_date, trade_id, outcome, reconciled, open_break_types, price_delta"
    before = ask(trade_dsn, f"select {columns} from recon.trades order by 2")  # noqa: S608
    assert [row[2] for row in before] == ["matched", "matched", "mismatched"]
    assert before[2][-1] == Decimal("-183.50")
    with connect(trade_dsn) as connection:
        connection.execute(damage.encode())
    close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
    assert ask(trade_dsn, f"select {columns} from recon.trades order by 2") == before  # noqa: S608
    assert ask(trade_dsn, "select delta from recon.breaks") == [(Decimal("-183.50"),)]
    assert len(ask(trade_dsn, "select from recon.matches")) == 2


def test_promotion_waits_while_a_date_is_compared(
    trade_dsn: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the close would take what it has not looked at for what it found in order."""
    run_batches(
        trade_dsn, stage, *((feed, [make_trade("GOOD", WEDNESDAY)]) for feed in ACCEPTED_FEEDS)
    )
    late = {feed: [make_trade("BAD", WEDNESDAY)] for feed in ACCEPTED_FEEDS}
    late["broker_confirmations"] = [
        make_trade("BAD", WEDNESDAY, price=1),
        make_trade("GHOST", WEDNESDAY),
    ]
    late_ids = [stage.add_batch(feed, *records) for feed, records in late.items()]
    stage.connection.commit()
    promotion = threading.Thread(
        target=capture.promote_batches, args=(trade_dsn, late_ids), kwargs={"run_id": "late"}
    )
    run = capture.StepSequence.run

    def promote_between(steps: capture.StepSequence, *names: str) -> Any:
        counts = run(steps, *names)
        if "list_trades_to_compare" in names:
            promotion.start()
            promotion.join(timeout=2)
            assert promotion.is_alive()
        return counts

    with monkeypatch.context() as patch:
        patch.setattr(capture.StepSequence, "run", promote_between)
        close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
        promotion.join()
    assert ask(trade_dsn, "select trade_id from recon.matches") == [("GOOD",)]
    capture.reconcile_batches(trade_dsn, late_ids, run_id="test")
    close.reconcile_day(trade_dsn, WEDNESDAY, run_id="test")
    assert ask(trade_dsn, "select trade_id from recon.matches") == [("GOOD",)]
    assert ask(
        trade_dsn, "select trade_id, break_type from recon.breaks where status = 'OPEN' order by 1"
    ) == [("BAD", "price_mismatch"), ("GHOST", "missing_execution")]
