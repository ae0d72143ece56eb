"""What a day of a fail costs: whose it is, by which rate, at which price.

The rules and rates are published by those whom the tests name; quantities, prices and sums are
ours: none of them is a published example.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from .desk import Desk
from .fails import DUE, MONDAY, STATED, TUESDAY, charge, charged, fail, mark, state


@pytest.mark.parametrize(
    ("symbol", "asset_class", "quantity", "price", "type_of_fail", "amount"),
    [
        # 10,000 x 150.505 x 1 bp = 150.505, half up
        ("SAP.DE", "EQUITY", "10000", "150.505", "shares_liquid", "150.51"),
        # a million at 97.23 and 0.10 bp = 972.30
        ("DE10Y", "BOND", "1000000", "97.23",
         "sovereign_local_gov_central_bank_MDB_EFSF_ESM_debt", "972.30"),
        # 1 x 49.99 x 1 bp = 0.004999: nothing is owed, and it says so
        ("SAP.DE", "EQUITY", "1", "49.99", "shares_liquid", "0.00"),
        ("SAP.DE", "EQUITY", "1", "50", "shares_liquid", "0.01"),
    ],
)  # fmt: skip
def test_a_day_costs_rate_times_price_times_quantity(
    short: Desk,
    symbol: str,
    asset_class: str,
    quantity: str,
    price: str,
    type_of_fail: str,
    amount: str,
) -> None:
    """Commission Delegated Regulation (EU) 2017/389, Annex: 1,0 basis point for a lack of shares
    that have a liquid market, 0,10 for debt of a sovereign issuer; Article 3(1): the reference
    price is the instrument's price of each business day of fail.
    """
    mark(short, symbol, DUE, price)
    fail(short, "T1", symbol=symbol, asset_class=asset_class, quantity=Decimal(quantity))
    short.settle(DUE)
    assert charge(short, DUE) == (1, 1)
    assert charged(short) == [(DUE, "HOUSE", type_of_fail, Decimal(amount))]


def test_every_business_day_costs_by_its_own_price_and_open_quantity(short: Desk) -> None:
    """Euroclear, CSDR settlement penalties: an instruction that failed to settle, or settled in
    part, is penalised for the remaining unsettled amount. Delegated Regulation (EU) 2018/1229,
    Article 16(2): at the end of each business day where it fails to settle; the week-end between
    costs nothing.
    """
    mark(short, "SAP.DE", DUE, "150")
    mark(short, "SAP.DE", MONDAY, "160")
    fail(short, "T1")
    for date in (DUE, MONDAY):
        if date == MONDAY:
            short.give("SAP.DE", "400", since=MONDAY)
        short.settle(date)
        charge(short, date)
    short.give("SAP.DE", "600", since=TUESDAY)
    short.settle(TUESDAY)
    assert charge(short, TUESDAY) == (0, 0)
    assert charged(short) == [
        (DUE, "HOUSE", "shares_liquid", Decimal("15.00")),
        (MONDAY, "HOUSE", "shares_liquid", Decimal("9.60")),
    ]


def test_lack_of_cash_costs_the_overnight_rate(short: Desk) -> None:
    """Annex, row 8: the central bank's official rate for overnight credit. The ECB's marginal
    lending facility stood at 2.90 % from 16 September 2026. Article 3(2): of the reference price,
    and not of what is to be paid, for a lack of cash too: 1,000 x 160 x 2.90 % / 360 = 12.889.
    """
    mark(short, "SAP.DE", DUE, "160")
    short.give("EUR", "0", kind="CASH")
    fail(short, "T1", side="BUY")
    short.settle(DUE)
    charge(short, DUE)
    assert charged(short) == [(DUE, "HOUSE", "lack_of_cash", Decimal("12.89"))]


def test_a_rate_is_known_until_a_day(short: Desk) -> None:
    """From then on nothing is reckoned with it; once a row says what it is, the penalty is."""
    short.connection.execute(
        "update reference.overnight_rates set effective_until = %s"
        " where currency = 'EUR' and effective_from = '2026-09-16'",
        (DUE,),
    )
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1", "counterparty_lacks_cash")
    short.settle(DUE)
    charge(short, DUE)
    assert charged(short) == [(DUE, "COUNTERPARTY", "lack_of_cash", None)]
    assert short.rows("select lacking from settlement.penalties") == [("overnight_rate",)]
    short.connection.execute(
        "insert into reference.overnight_rates values ('EUR', %s, 2.4, 'test')", (DUE,)
    )
    charge(short, DUE)
    assert charged(short) == [(DUE, "COUNTERPARTY", "lack_of_cash", Decimal("10.00"))]


def test_a_negative_overnight_rate_costs_nothing(short: Desk) -> None:
    """Annex, row 8: with a floor of 0."""
    short.connection.execute(
        "insert into reference.overnight_rates values ('EUR', '2026-10-01', -0.5, 'test')"
    )
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1", "counterparty_lacks_cash")
    short.settle(DUE)
    charge(short, DUE)
    assert charged(short) == [(DUE, "COUNTERPARTY", "lack_of_cash", Decimal("0.00"))]


def test_only_european_markets_are_subject(short: Desk) -> None:
    mark(short, "AAPL", DUE, "190", "USD")
    fail(short, "T1", symbol="AAPL", currency="USD")
    short.settle(DUE)
    assert len(short.fails(DUE)) == 1
    assert charge(short, DUE) == (0, 0)


def test_no_price_is_no_zero(short: Desk) -> None:
    fail(short, "T1")
    short.settle(DUE)
    charge(short, DUE)
    assert charged(short) == [(DUE, "HOUSE", "shares_liquid", None)]
    breaks = (
        "select break_type, expected_value, status from settlement.breaks"
        " where break_type = 'penalty_unpriced'"
    )
    assert short.rows(breaks) == [("penalty_unpriced", "reference_price", "OPEN")]
    assert state(short, STATED) == (0, 0)
    # the price comes late: the next run finds it
    mark(short, "SAP.DE", DUE, "150")
    short.settle(MONDAY)
    charge(short, MONDAY)
    assert [row[3] for row in charged(short)] == [Decimal("15.00"), Decimal("15.00")]
    assert short.rows(breaks) == [("penalty_unpriced", "reference_price", "RESOLVED")]


def test_who_fails_must_be_known(short: Desk) -> None:
    mark(short, "SAP.DE", DUE, "150")
    fail(short, "T1", "depository_settles")
    short.settle(DUE)
    charge(short, DUE)
    assert charged(short) == [(DUE, "UNKNOWN", "shares_liquid", None)]
    assert short.rows(
        "select expected_value from settlement.breaks where break_type = 'penalty_unpriced'"
    ) == [("failing_party",)]
