"""Margin of netting sets by the standard schedule, and of accounts under Regulation T."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import FRIDAY, MONDAY, TUESDAY, RiskDesk

AMOUNTS = st.decimals("0", "999999999", places=2)
FUTURE, OIL = "ESZ6", "CLF7"


def _columns(desk: RiskDesk, date: dt.date, subject: str) -> dict[str, Any]:
    cursor = desk.connection.execute(
        "select * from report.margin_calls where business_date = %s and subject = %s",
        (date, subject),
    )
    row = cursor.fetchone()
    assert row is not None and cursor.description is not None
    return dict(zip([column.name for column in cursor.description], row, strict=True))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(gross=AMOUNTS, gross_cost=AMOUNTS, net_cost=st.decimals("-9999", "999999999", places=2))
def test_the_formula(
    trade_connection: psycopg.Connection[Any],
    gross: Decimal,
    gross_cost: Decimal,
    net_cost: Decimal,
) -> None:
    row = trade_connection.execute(
        "select round(risk.standard_margin(%s, %s, %s), 2)", (gross, net_cost, gross_cost)
    ).fetchone()
    ratio = Fraction(1) if gross_cost == 0 else max(Fraction(net_cost), 0) / Fraction(gross_cost)
    exact = Fraction(2, 5) * Fraction(gross) + Fraction(3, 5) * ratio * Fraction(gross)
    assert row is not None
    assert abs(Fraction(row[0]) - exact) <= Fraction(501, 100_000)


def test_the_schedule(trade_connection: psycopg.Connection[Any]) -> None:
    """BCBS-IOSCO, "Margin requirements for non-centrally cleared derivatives" (BCBS 261), appendix
    A; the same in 12 CFR part 45, appendix A, table A.
    """
    rows = trade_connection.execute(
        "select margin_class, array_agg(rate * 100 order by duration_over)"
        " from reference.margin_rates group by 1"
    ).fetchall()
    assert dict(rows) == {
        "COMMODITY": [15],
        "CREDIT": [2, 5, 10],
        "EQUITY": [15],
        "FX": [6],
        "OTHER": [15],
        "RATES": [1, 2, 4],
    }


def test_a_netting_set_of_a_gain_and_a_loss(desk: RiskDesk) -> None:
    """12 CFR part 45, appendix A: margin = 0.4 x gross + 0.6 x NGR x gross, NGR the net over the
    gross current replacement cost, which counts the positive ones alone.

    Bought 10 at 6,000, now 6,100: 1,000 in our favour on 61,000; sold 100 at 70, now 76: 600
    against us on 7,600. Gross margin 15 % of 68,600 = 10,290; NGR 400 / 1,000;
    0.4 + 0.6 x 0.4 = 64 %.
    """
    desk.change("update reference.netting_sets set minimum_transfer_amount = 1000")
    desk.trade(MONDAY, 10, "6000", symbol=FUTURE, asset_class="DERIVATIVE")
    desk.trade(MONDAY, -100, "70", symbol=OIL, asset_class="COMMODITY")
    desk.mark(MONDAY, "6100", FUTURE)
    desk.mark(MONDAY, "76", OIL)
    desk.close(MONDAY)
    found = _columns(desk, MONDAY, "NS-ALDER")
    assert found["gross_margin_amount"] == 10290
    assert found["net_to_gross_ratio"] == Decimal("0.4")
    assert found["initial_margin_amount"] == Decimal("6585.60")
    assert found["replacement_amount"] == 400
    assert found["call_amount"] == found["required_amount"] == Decimal("6985.60")


def test_without_gains_the_ratio_is_one(desk: RiskDesk) -> None:
    """The same source: where the gross replacement cost is nought, NGR is 1."""
    desk.trade(MONDAY, 10, "6200", symbol=FUTURE, asset_class="DERIVATIVE")
    desk.mark(MONDAY, "6100", FUTURE)
    desk.close(MONDAY)
    found = _columns(desk, MONDAY, "NS-ALDER")
    assert (found["net_to_gross_ratio"], found["initial_margin_amount"]) == (1, 9150)
    # required 9,150, and nothing moves below the 500,000 of the agreement
    assert (found["required_amount"], found["call_amount"]) == (9150, 0)


def test_what_was_deposited_counts_and_what_is_too_much_goes_back(desk: RiskDesk) -> None:
    desk.change(
        "update reference.netting_sets set minimum_transfer_amount = 50, threshold_amount = 1000"
    )
    desk.trade(MONDAY, 10, "6200", symbol=FUTURE, asset_class="DERIVATIVE")
    desk.mark(MONDAY, "6100", FUTURE)
    desk.mark(MONDAY, "1.25", "EURUSD")
    deposit = (
        "insert into risk.collateral (holder_kind, holder_id, currency, amount, effective_on,"
        " reason, recorded_by) values ('NETTING_SET', 'NS-ALDER', 'EUR', %s, %s, 'wire', 'ann')"
    )
    for amount, call in ((4000, 3150), (2480, 50), (1, 0), (79, -50)):
        desk.change(deposit, amount, MONDAY)
        desk.close(MONDAY)
        assert _columns(desk, MONDAY, "NS-ALDER")["call_amount"] == call, amount


def test_a_contract_without_a_mark_is_not_margined_as_nothing(desk: RiskDesk) -> None:
    desk.trade(MONDAY, 10, "70", symbol=OIL, asset_class="COMMODITY")
    desk.change("delete from books.marks")
    desk.close(MONDAY)
    desk.change("delete from books.marks")
    from posttrade import risk

    risk.measure_risk(desk.dsn, MONDAY, run_id="test")
    found = _columns(desk, MONDAY, "NS-ALDER")
    assert found["call_amount"] is None
    assert found["note"] == "not computed: no mark or margin rate for CLF7"


def _deposit(desk: RiskDesk, amount: int, date: dt.date) -> None:
    desk.change(
        "insert into risk.collateral (holder_kind, holder_id, currency, amount, effective_on,"
        " reason, recorded_by) values ('ACCOUNT', 'CLIENT-01', 'USD', %s, %s, 'wire', 'ann')",
        amount,
        date,
    )


def test_a_purchase_on_margin_and_its_fall(desk: RiskDesk) -> None:
    """SEC, investor bulletin "Margin: Borrowing Money to Pay for Stocks": 16,000 of stock, 8,000 of
    them borrowed; at 12,000 the equity is 4,000, and 25 percent of maintenance are 3,000. Below
    10,666.67 (8,000 / 0.75) the account is short.
    """
    desk.trade(FRIDAY, 100, "160", account="CLIENT-01")
    desk.mark(FRIDAY, "160")
    desk.close(FRIDAY)
    found = _columns(desk, FRIDAY, "CLIENT-01")
    assert (found["held_amount"], found["initial_margin_amount"]) == (0, 8000)
    assert found["call_amount"] == 8000  # Regulation T asks for half of what was bought
    _deposit(desk, 8000, FRIDAY)
    desk.close(FRIDAY)
    assert _columns(desk, FRIDAY, "CLIENT-01")["call_amount"] == 0
    desk.mark(MONDAY, "120")
    desk.close(MONDAY)
    found = _columns(desk, MONDAY, "CLIENT-01")
    assert (found["held_amount"], found["maintenance_margin_amount"]) == (4000, 3000)
    assert found["call_amount"] == 0  # below half, but nothing was bought: no call
    desk.mark(TUESDAY, "100")
    desk.close(TUESDAY)
    found = _columns(desk, TUESDAY, "CLIENT-01")
    assert (found["held_amount"], found["required_amount"]) == (2000, 2500)
    assert found["call_amount"] == 500


@pytest.mark.parametrize(
    ("price", "maintenance"),
    [("4", 400), ("2", 250), ("10", 500), ("20", 600)],
)
def test_short_positions_hold_more(desk: RiskDesk, price: str, maintenance: int) -> None:
    """FINRA Rule 4210(c)(2) and (3), 100 shares: below 5 dollars the whole value or 2.50 a share,
    from 5 dollars 30 percent or 5.00 a share, whichever is greater.
    """
    desk.trade(MONDAY, -100, price, account="CLIENT-01")
    desk.mark(MONDAY, price)
    desk.close(MONDAY)
    found = _columns(desk, MONDAY, "CLIENT-01")
    assert found["maintenance_margin_amount"] == maintenance
    assert found["held_amount"] == 0  # the proceeds are what the shares are owed at
