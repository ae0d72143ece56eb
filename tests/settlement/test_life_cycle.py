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


def test_a_bond_is_paid_with_the_interest_that_it_has_accrued(desk: Desk) -> None:
    """30/360 bond basis: 59 days of 4.25 from August 15 to October 14, and one to settlement."""
    desk.connection.execute(
        "insert into reference.instrument_terms (symbol, multiplier, coupon_rate, coupons_per_year,"
        " maturity_date, day_count) values ('AAPL', 1, 4.25, 2, '2034-08-15', '30/360')"
    )
    desk.book("T1", quantity=Decimal(1000), price=Decimal(98))
    desk.book("T2", quantity=Decimal(1000), price=Decimal(98), side="SELL")
    desk.book("T3", symbol="MSFT")
    desk.follow()
    desk.settle()
    # 1000 x 98 + 1000 x 4.25 x 60 / 360
    assert dict(desk.rows("select subject_id, amount from settlement.instructions")) == {
        "T1": Decimal("98708.33"),
        "T2": Decimal("98708.33"),
        "T3": Decimal("19050.00"),
    }


def test_the_interest_of_a_bond_is_paid_times_its_multiplier(desk: Desk) -> None:
    """A nominal of 1,000,000 at 98.5 of a hundred: both the price and the interest are points."""
    desk.connection.execute(
        "insert into reference.instrument_terms (symbol, multiplier, coupon_rate, coupons_per_year,"
        " maturity_date, day_count) values ('AAPL', 0.01, 4.25, 2, '2034-08-15', '30/360')"
    )
    desk.book("T1", quantity=Decimal(1_000_000), price=Decimal("98.5"))
    desk.follow()
    # 985,000 + 1,000,000 x 0.01 x 4.25 x 60 / 360
    assert desk.rows("select amount from settlement.instructions") == [(Decimal("992083.33"),)]


def test_a_contract_is_paid_times_its_multiplier(desk: Desk) -> None:
    desk.connection.execute(
        "insert into reference.instrument_terms (symbol, multiplier) values ('AAPL', 50)"
    )
    desk.book("T1", quantity=Decimal(2), price=Decimal("190.505"))
    desk.follow()
    assert desk.rows("select abs(amount) from settlement.instructions") == [(Decimal("19050.50"),)]


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


def test_the_price_decides_who_pays(desk: Desk) -> None:
    """A negative price swaps payer and payee; a price of zero moves no cash. The price is WTI's of
    20 April 2020 (CFTC, Interim Staff Report of 23 November 2020).
    """
    desk.book("NEGATIVE", price=Decimal("-37.63"), quantity=Decimal(10))
    desk.book("ZERO", price=Decimal(0), side="SELL")
    desk.follow()
    desk.settle()
    assert desk.rows(
        "select deliverer, receiver, amount, payer, payee from settlement.postings"
        " order by instruction_id"
    ) == [
        ("ALDER", "EQ-PRIME", Decimal("376.30"), "ALDER", "EQ-PRIME"),
        ("EQ-PRIME", "ALDER", None, None, None),
    ]


def test_currencies_move_against_each_other(desk: Desk) -> None:
    desk.book(
        "FX1",
        symbol="USDJPY",
        asset_class="FX",
        currency="JPY",
        quantity=Decimal("1000.004"),
        price=Decimal("151.2345"),
        settlement_date=dt.date(2026, 10, 16),
    )
    desk.follow()
    desk.settle(dt.date(2026, 10, 16))
    # dollars to the cent, yen to the yen
    assert desk.balances() == {
        ("EQ-PRIME", "USD"): Decimal("1000.00"),
        ("ALDER", "USD"): Decimal("-1000.00"),
        ("EQ-PRIME", "JPY"): Decimal(-151235),
        ("ALDER", "JPY"): Decimal(151235),
    }


def test_futures_are_delivered_free_of_payment(desk: Desk) -> None:
    desk.book("F1", symbol="ESZ6", asset_class="DERIVATIVE", price=Decimal(6000))
    desk.follow()
    assert desk.rows("select method, amount from settlement.instructions") == [("FOP", 0)]


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


def test_a_lacking_standing_instruction_is_one_break_and_the_trades_wait(desk: Desk) -> None:
    desk.book("T1", counterparty_id="NOBODY")
    desk.book("T2", counterparty_id="NOBODY")
    assert desk.follow() == (2, 0)
    desk.close()
    breaks = (
        "select subject_id, break_type, status, exposure_amount, resolved_reason"
        " from settlement.breaks"
    )
    missing = ("NOBODY/US/EQUITY/USD", "standing_instruction_missing")
    assert desk.rows(breaks) == [(*missing, "OPEN", Decimal(38100), None)]
    assert desk.rows("select event, subject_kind, trade_id from recon.break_events") == [
        ("OPENED", "STANDING_INSTRUCTION", "NOBODY/US/EQUITY/USD")
    ]
    desk.connection.execute(
        "insert into reference.counterparties values ('NOBODY', 'Nobody', null, null)"
    )
    for securities_account in ("S1", "S2"):
        desk.connection.execute(
            "insert into reference.standing_instructions (counterparty_id, market_id,"
            " effective_from, place_of_settlement, agent_bic, securities_account, cash_account)"
            " values ('NOBODY', 'US', '2026-01-01', 'DTCYUS33', 'NOBOUS33', %s, 'C1')",
            (securities_account,),
        )
    desk.close()
    assert sorted(desk.rows(breaks)) == [
        ("NOBODY/US/EQUITY/USD", "standing_instruction_ambiguous", "OPEN", Decimal(38100), None),
        (*missing, "RESOLVED", Decimal(38100), "nothing_waits_for_it"),
    ]
    # one that says more wins
    desk.connection.execute(
        "update reference.standing_instructions set asset_class = 'EQUITY'"
        " where securities_account = 'S2'"
    )
    assert desk.close() == (2, 2)
    assert {row[2] for row in desk.rows(breaks)} == {"RESOLVED"}
    assert desk.rows(
        "select distinct securities_account from settlement.instructions"
        " join reference.standing_instructions using (standing_instruction_id)"
    ) == [("S2",)]


def test_a_break_of_settlement_is_told_as_any_other(desk: Desk) -> None:
    desk.book("T1", counterparty_id="NOBODY")
    desk.follow()
    subject = "NOBODY/US/EQUITY/USD"
    assert desk.step("watch/list_new_breaks") == (1, 1)
    assert desk.step("watch/count_new_breaks") == (1, 1)
    assert desk.step("watch/announce_breaks", event_limit=10) == (1, 1)
    assert desk.rows(
        "select payload ->> 'subject_kind', payload ->> 'trade_id', payload ->> 'event'"
        " from outbox.messages"
    ) == [("STANDING_INSTRUCTION", subject, "OPENED")]
    # it stands in the pack beside those of the reconciliation
    summed = desk.rows("select break_type, open_count from report.break_summary")
    assert summed == [("standing_instruction_missing", 1)]
    # the reconciliation of the same trade leaves it alone
    desk.match("T2")
    desk.follow()
    assert desk.rows("select trade_id, status from recon.all_breaks") == [(subject, "OPEN")]


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
