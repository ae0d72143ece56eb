"""What is delivered and paid for a trade, by whom, as its instrument is dealt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from .desk import Desk


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
