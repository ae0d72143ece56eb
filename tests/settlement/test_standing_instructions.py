"""Trades wait while nobody says where to deliver, and that is told."""

from __future__ import annotations

from decimal import Decimal

from .desk import Desk


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
