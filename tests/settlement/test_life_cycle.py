"""From a trade that matches to securities against cash, and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import psycopg
import pytest

from posttrade.settlement import work

from .desk import NEXT_DAY, TRADE_DATE, Desk


def test_a_matched_trade_is_instructed_and_settles(desk: Desk) -> None:
    desk.book("T1")
    desk.book("T2", side="SELL", quantity=Decimal(7), price=Decimal("0.335"))
    desk.book("T3", matched=False)
    assert desk.follow() == (3, 2)
    assert desk.states() == {"T1": "INSTRUCTED", "T2": "INSTRUCTED"}
    assert desk.settle(TRADE_DATE) == (0, 0)
    assert desk.settle() == (2, 2)
    assert desk.states() == {"T1": "SETTLED", "T2": "SETTLED"}
    # 7 x 0.335 = 2.345, half up
    assert desk.balances() == {
        ("EQ-PRIME", "AAPL"): Decimal(93),
        ("ALDER", "AAPL"): Decimal(-93),
        ("EQ-PRIME", "USD"): Decimal("-19047.65"),
        ("ALDER", "USD"): Decimal("19047.65"),
    }


def test_again_changes_nothing(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.settle()
    before = desk.rows("select * from settlement.instruction_events order by 1, 3")
    assert desk.follow() == (0, 0)
    assert desk.close() == (0, 0)
    assert desk.settle() == (0, 0)
    desk.unmatch("T9")
    assert desk.follow() == (1, 0)
    assert desk.rows("select * from settlement.instruction_events order by 1, 3") == before


def test_near_real_time_and_close_agree(desk: Desk) -> None:
    for number in range(4):
        desk.book(f"T{number}", side="SELL" if number % 2 else "BUY")
    columns = (
        "select settlement_date, business_date, subject_id, subject_version, direction, method,"
        " symbol, market_id, currency, quantity, amount, standing_instruction_id"
        " from settlement.instructions order by subject_id"
    )
    desk.connection.execute("savepoint nothing_instructed")
    desk.follow()
    near = desk.rows(columns)
    assert len(near) == 4
    assert desk.close() == (0, 0)
    desk.connection.execute("rollback to nothing_instructed")
    assert desk.close() == (4, 4)
    assert desk.rows(columns) == near


def test_a_correction_before_settlement_replaces_the_instruction(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.book("T1", version=2, status="CORRECTED", quantity=Decimal(50))
    assert desk.follow() == (1, 1)
    assert desk.rows(
        "select subject_version, state, quantity from settlement.instruction_states order by 1"
    ) == [(1, "CANCELLED", 100), (2, "INSTRUCTED", 50)]
    assert desk.rows(
        "select from_state, to_state, cause from settlement.instruction_events where sequence = 1"
    ) == [("INSTRUCTED", "CANCELLED", "trade_corrected")]


def test_a_correction_after_settlement_takes_back_and_settles_anew(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.settle()
    desk.book("T1", version=2, status="CORRECTED", price=Decimal("190.60"))
    desk.follow()
    assert desk.balances() == {}
    assert desk.rows(
        "select from_state, to_state, e.reverses_sequence, deliverer, receiver, payer, payee"
        " from settlement.postings as p"
        " join settlement.events as e using (instruction_id, settlement_date, sequence)"
        " where e.kind = 'REVERSAL'"
    ) == [("SETTLED", "CANCELLED", 1, "EQ-PRIME", "ALDER", "ALDER", "EQ-PRIME")]
    desk.settle()
    assert desk.balances()["EQ-PRIME", "USD"] == Decimal(-19060)


def test_a_cancelled_trade_ends_its_instruction(desk: Desk) -> None:
    for trade_id in ("BEFORE", "AFTER"):
        desk.book(trade_id)
        desk.follow()
        if trade_id == "AFTER":
            desk.settle()
        desk.book(trade_id, version=2, status="CANCELLED")
        desk.follow()
    assert set(desk.states().values()) == {"CANCELLED"}
    assert desk.settle(NEXT_DAY + dt.timedelta(days=1)) == (0, 0)


def test_a_trade_that_matches_no_longer_is_held_fails_and_settles_later(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.unmatch("T1")
    desk.follow()
    assert desk.states() == {"T1": "PENDING"}
    assert desk.close() == (0, 0)
    assert desk.settle() == (1, 0)
    assert desk.states() == {"T1": "FAILING"}
    assert desk.settle() == (1, 0)
    desk.match("T1")
    desk.follow()
    assert desk.settle(NEXT_DAY + dt.timedelta(days=1)) == (1, 1)
    assert desk.rows(
        "select from_state, to_state, cause, effective_on from settlement.instruction_events"
        " where sequence > 0 order by sequence"
    ) == [
        ("INSTRUCTED", "PENDING", "trade_no_longer_matches", TRADE_DATE),
        ("PENDING", "FAILING", "trade_no_longer_matches", NEXT_DAY),
        ("FAILING", "SETTLED", "settlement_date_reached", NEXT_DAY + dt.timedelta(days=1)),
    ]


def test_a_trade_withdrawn_altogether_is_cancelled_at_close(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.connection.execute("delete from recon.matches where trade_id = 'T1'")
    desk.connection.execute("set local posttrade.records_leave to on")
    desk.connection.execute("delete from trade.executions where trade_id = 'T1'")
    desk.close()
    assert desk.states() == {"T1": "CANCELLED"}


def test_every_trade_has_a_state_and_a_status(desk: Desk) -> None:
    desk.book("EXECUTED", matched=False)
    desk.book("CONFIRMED", counterparty_id="NOBODY")
    for trade_id in ("INSTRUCTED", "HELD", "SETTLED", "BROKEN"):
        desk.book(trade_id)
    desk.book("GONE")
    desk.book("GONE", version=2, status="CANCELLED")
    desk.follow()
    desk.unmatch("HELD")
    desk.follow()
    desk.connection.execute(
        "insert into recon.breaks (business_date, trade_id, break_type, opened_run_id, opened_at)"
        " values (%s, 'BROKEN', 'price_mismatch', 'test', now())",
        (TRADE_DATE,),
    )
    desk.unmatch("BROKEN")
    found = desk.rows(
        "select trade_id, state, operational_status from settlement.trade_states"
        " where business_date = %s",
        TRADE_DATE,
    )
    assert sorted(found) == [
        ("BROKEN", "BREAK_MISMATCHED", "break"),
        ("CONFIRMED", "CONFIRMED", "confirmed"),
        ("EXECUTED", "EXECUTED", "pending confirmation"),
        ("GONE", "CANCELLED", None),
        ("HELD", "PENDING", "settlement pending"),
        ("INSTRUCTED", "INSTRUCTED", "settlement pending"),
        ("SETTLED", "INSTRUCTED", "settlement pending"),
    ]
    desk.follow()
    desk.settle()
    settled = {
        trade_id: (status, day)
        for trade_id, status, day in desk.rows(
            "select trade_id, operational_status, settled_on from settlement.trade_states"
        )
    }
    assert settled["SETTLED"] == ("settled", NEXT_DAY)
    assert settled["HELD"] == ("break", None)


def test_trades_that_match_as_a_set_are_instructed_as_others(desk: Desk) -> None:
    desk.book("T1", matched=False)
    desk.book("T2", matched=False)
    desk.book("T3", matched=False)
    desk.connection.execute(
        "insert into recon.match_sets (business_date, first_batch_id, last_batch_id,"
        " excluded_batch_ids, excluded_source_ids, run_id, matched_at)"
        " values (%s, 1, 1, '{}', '{}', 'test', now())",
        (TRADE_DATE,),
    )
    desk.connection.execute(
        "insert into recon.match_set_exceptions values (%s, 'T3')", (TRADE_DATE,)
    )
    assert desk.close() == (3, 2)
    assert desk.states() == {"T1": "INSTRUCTED", "T2": "INSTRUCTED"}
    assert desk.close() == (0, 0)


def test_a_close_ends_what_was_held_and_then_corrected(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.unmatch("T1")
    desk.follow()
    assert desk.states() == {"T1": "PENDING"}
    assert desk.close() == (0, 0)
    desk.book("T1", version=2, status="CORRECTED", matched=False)
    assert desk.close() == (1, 0)
    assert desk.states() == {"T1": "CANCELLED"}
    assert desk.close() == (0, 0)


TERMS = (
    "select business_date, subject_id, subject_version, direction, symbol, quantity, amount,"
    " standing_instruction_id from settlement.instructions order by subject_id"
)
MOVEMENTS = (
    "select subject_id, e.sequence, e.kind, e.to_state, e.quantity, e.amount, e.payer_id,"
    " e.receiver_id from settlement.events as e"
    " join settlement.instructions as i using (instruction_id, settlement_date) order by 1, 2"
)
PARTITIONS = (
    "select 'settlement.instructions_20261015'::regclass::oid,"
    " 'settlement.events_20261015'::regclass::oid"
)


@pytest.mark.parametrize(("is_read", "is_sparse"), [(False, False), (True, False), (False, True)])
def test_many_that_come_late_to_a_begun_date_are_laid_and_say_what_inserting_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, is_read: bool, is_sparse: bool
) -> None:
    """While somebody reads on and on nobody waits: then they are inserted after all."""
    desk.book("T0")
    desk.follow()
    desk.unmatch("T0")
    desk.follow()
    for number in range(1, 120):
        desk.book(f"T{number}", side="SELL" if number % 2 else "BUY", price=Decimal(number))
    ((*before,),) = desk.rows(PARTITIONS)
    with desk.connection.transaction() as laid, psycopg.connect(desk.dsn) as reader:
        monkeypatch.setattr(work, "LAID_ROWS_MIN", 100)
        monkeypatch.setattr(work, "SPARSE_RATIO_MIN", 1 if is_sparse else 1000)
        if is_read:
            reader.execute("select from settlement.instructions, settlement.events limit 0")
        assert desk.follow() == (119, 119)
        assert desk.settle() == (120, 119)
        ((*after,),) = desk.rows(PARTITIONS)
        assert [new == old for new, old in zip(after, before, strict=True)] == [is_read, is_read]
        found = desk.rows(TERMS), desk.rows(MOVEMENTS), desk.balances()
        assert desk.follow() == (0, 0)
        assert desk.settle() == (1, 0)
        for table in ("instructions", "events"):
            with pytest.raises(psycopg.DatabaseError), desk.connection.transaction():
                desk.connection.execute(f"truncate settlement.{table}_20261015")  # type: ignore[arg-type]
        raise psycopg.Rollback(laid)
    monkeypatch.undo()
    desk.follow()
    desk.settle()
    assert (desk.rows(TERMS), desk.rows(MOVEMENTS), desk.balances()) == found
