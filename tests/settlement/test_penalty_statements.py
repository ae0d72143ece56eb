"""What fails cost by the end of the month: corrections, and who owes whom.

The rules and rates are published by those whom the tests name; quantities, prices and sums are
ours: none of them is a published example.
"""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

from .desk import TRADE_DATE, Desk
from .fails import DUE, MONDAY, PAID, STATED, charge, charged, fail, mark, state


def test_a_past_day_run_again_changes_nothing_and_a_correction_reverses(short: Desk) -> None:
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1")
    for date in (DUE, MONDAY):
        short.settle(date)
        charge(short, date)
    everything = "select * from settlement.penalties order by penalty_id"
    before = short.rows(everything)
    for date in (DUE, MONDAY):
        short.settle(date)
        charge(short, date)
    assert short.rows(everything) == before
    mark(short, "SAP.DE", DUE, "151")
    charge(short, DUE)
    assert short.rows(
        "select amount, reverses_penalty_id is not null from settlement.penalties"
        " where penalty_date = %s order by penalty_id",
        DUE,
    ) == [(Decimal("15.00"), False), (Decimal("-15.00"), True), (Decimal("15.10"), False)]


def test_a_trade_that_never_was_costs_nothing_on_the_day_of_its_end(short: Desk) -> None:
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1")
    short.settle(DUE)
    charge(short, DUE)
    short.as_of = dt.datetime(2026, 10, 16, 23, tzinfo=dt.timezone.utc)
    short.book("T1", version=2, status="CANCELLED", side="SELL", currency="EUR")
    short.follow()
    charge(short, DUE)
    assert charged(short) == []
    assert short.rows("select sum(amount) from settlement.penalties") == [(Decimal(0),)]


def test_the_month_is_stated_and_paid_net(short: Desk, tmp_path: Path) -> None:
    """We owe 15.00, and are owed 150.00 by ALDER and 7.50 by BRIAR."""
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1")
    fail(short, "T2", "counterparty_lacks_securities", side="BUY", quantity=Decimal(10000))
    fail(
        short, "T3", "counterparty_lacks_securities", counterparty_id="BRIAR", quantity=Decimal(500)
    )
    short.settle(DUE)
    charge(short, DUE)
    assert short.rows(
        "select counterparty_id, owed_to_us, owed_by_us, net_amount, unpriced_count"
        " from settlement.penalty_balances order by 1"
    ) == [
        ("ALDER", Decimal("150.00"), Decimal("15.00"), Decimal("135.00"), 0),
        ("BRIAR", Decimal("7.50"), Decimal("0"), Decimal("7.50"), 0),
    ]
    assert state(short, STATED - dt.timedelta(days=3), tmp_path) == (0, 0)
    assert state(short, STATED, tmp_path) == (3, 2)
    written = (tmp_path / "penalties" / "2026-10.csv").read_bytes()
    rows = list(csv.DictReader(written.decode().splitlines()))
    assert [(row["statement_id"], row["payer"], row["amount"]) for row in rows] == [
        ("ALDER/EUR/2026-10/1", "HOUSE", "15.00"),
        ("ALDER/EUR/2026-10/1", "COUNTERPARTY", "150.00"),
        ("BRIAR/EUR/2026-10/1", "COUNTERPARTY", "7.50"),
    ]
    assert {(row["statement_net_amount"], row["statement_net_payer"]) for row in rows} == {
        ("135.00", "COUNTERPARTY"),
        ("7.50", "COUNTERPARTY"),
    }
    assert state(short, STATED, tmp_path) == (0, 0)
    assert (tmp_path / "penalties" / "2026-10.csv").read_bytes() == written
    # a correction after that goes to the next month's statement
    mark(short, "SAP.DE", DUE, "160")
    charge(short, DUE)
    assert state(short, dt.date(2026, 12, 15)) == (6, 2)
    assert short.rows(
        "select statement_id, net_amount from settlement.penalty_statement_totals"
        " where statement_month = '2026-11-01' order by 1"
    ) == [("ALDER/EUR/2026-11/1", Decimal("9.00")), ("BRIAR/EUR/2026-11/1", Decimal("0.50"))]


def test_the_net_is_paid_by_the_cycle(short: Desk) -> None:
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1", "counterparty_lacks_securities", side="BUY")
    short.settle(DUE)
    charge(short, DUE)
    state(short, STATED)
    short.rows("update settlement.holds set released_act_id = placed_act_id + 1 returning 1")
    assert TRADE_DATE < PAID
    short.settle(PAID)
    assert short.rows(
        "select payer, payee, p.amount, p.currency from settlement.postings as p"
        " join settlement.instructions as i using (instruction_id) where i.purpose = 'PENALTY'"
    ) == [("ALDER", "EQ-PRIME", Decimal("15.00"), "EUR")]
