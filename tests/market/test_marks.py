"""Which mark counts on a date: by source, age, correction and a person's word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from posttrade.errors import SQLSTATES

from .conftest import add_mark, marks_on

# a Friday and the Monday after it
FRIDAY, MONDAY, TUESDAY = "2026-10-09", "2026-10-12", "2026-10-13"


def _trade_last(connection: psycopg.Connection[Any], symbol: str, date: str, price: str) -> None:
    connection.execute(
        "insert into books.marks values (%s, %s, 'USD', %s, 'last_execution')",
        (date, symbol, Decimal(price)),
    )


def _override(
    connection: psycopg.Connection[Any], price: str | None, decision: str | None = "APPROVED"
) -> int:
    row = connection.execute(
        "select market.propose_override('AAPL', %s, %s, 'USD', 'vendor is a day behind', 'ann')",
        (MONDAY, price and Decimal(price)),
    ).fetchone()
    assert row is not None
    if decision:
        connection.execute("select market.decide_override(%s, %s, 'bob')", (row[0], decision))
    return int(row[0])


def test_no_mark_is_no_row(connection: psycopg.Connection[Any]) -> None:
    add_mark(connection, "AAPL", TUESDAY, "191")
    assert marks_on(connection, MONDAY) == {}


def test_the_first_fresh_source_counts(connection: psycopg.Connection[Any]) -> None:
    _trade_last(connection, "AAPL", MONDAY, "193")
    assert marks_on(connection, MONDAY) == {"AAPL": (Decimal(193), "last_execution", False)}
    add_mark(connection, "AAPL", FRIDAY, "190")
    assert marks_on(connection, MONDAY) == {"AAPL": (Decimal(193), "last_execution", False)}
    add_mark(connection, "AAPL", MONDAY, "192", source="vendor")
    assert marks_on(connection, MONDAY) == {"AAPL": (Decimal(192), "vendor", False)}
    add_mark(connection, "AAPL", MONDAY, "191")
    assert marks_on(connection, MONDAY) == {"AAPL": (Decimal(191), "official_close", False)}


def test_a_source_that_policy_does_not_know_states_nothing(
    connection: psycopg.Connection[Any],
) -> None:
    add_mark(connection, "AAPL", MONDAY, "1", source="a_friend")
    assert marks_on(connection, MONDAY) == {}


def test_stale_by_business_days_of_the_market(connection: psycopg.Connection[Any]) -> None:
    """Bonds of a vendor may be a day old; a weekend is no business day."""
    add_mark(connection, "DE10Y", FRIDAY, "101", source="vendor", currency="EUR")
    add_mark(connection, "SAP.DE", FRIDAY, "210", source="vendor", currency="EUR")
    assert marks_on(connection, "2026-10-11") == {
        "DE10Y": (Decimal(101), "vendor", False),
        "SAP.DE": (Decimal(210), "vendor", False),
    }
    assert marks_on(connection, MONDAY) == {
        "DE10Y": (Decimal(101), "vendor", False),
        "SAP.DE": (Decimal(210), "vendor", True),
    }
    assert marks_on(connection, TUESDAY)["DE10Y"] == (Decimal(101), "vendor", True)


def test_where_all_are_stale_the_newest_counts(connection: psycopg.Connection[Any]) -> None:
    add_mark(connection, "AAPL", "2026-10-08", "190")
    _trade_last(connection, "AAPL", FRIDAY, "193")
    assert marks_on(connection, MONDAY) == {"AAPL": (Decimal(193), "last_execution", True)}


def test_a_correction_is_a_later_observation(connection: psycopg.Connection[Any]) -> None:
    add_mark(connection, "AAPL", MONDAY, "191", observed_at=f"{MONDAY}T20:30Z")
    add_mark(connection, "AAPL", MONDAY, "190", observed_at=f"{MONDAY}T20:00Z")
    assert marks_on(connection, MONDAY)["AAPL"][0] == Decimal(191)


def test_what_was_known_then(connection: psycopg.Connection[Any]) -> None:
    then = dt.datetime(2026, 10, 13, tzinfo=dt.timezone.utc)
    later = then + dt.timedelta(days=1)
    add_mark(connection, "AAPL", MONDAY, "190", recorded_at=then)
    add_mark(connection, "AAPL", MONDAY, "191", recorded_at=later, observed_at=f"{MONDAY}T23:00Z")
    query = "select price from market.marks_on(%s, %s)"
    assert connection.execute(query, (MONDAY, then)).fetchall() == [(Decimal(190),)]
    assert connection.execute(query, (MONDAY, later)).fetchall() == [(Decimal(191),)]


def test_an_approved_override_of_the_date_counts_before_all(
    connection: psycopg.Connection[Any],
) -> None:
    add_mark(connection, "AAPL", MONDAY, "191")
    _override(connection, "180", decision=None)
    _override(connection, "181", decision="REFUSED")
    assert marks_on(connection, MONDAY)["AAPL"][0] == Decimal(191)
    override_id = _override(connection, "182")
    row = connection.execute(
        "select price, source, override_id from market.marks_on(%s)", (MONDAY,)
    ).fetchone()
    assert row == (Decimal(182), "override", override_id)
    add_mark(connection, "AAPL", TUESDAY, "192")
    assert marks_on(connection, TUESDAY)["AAPL"] == (Decimal(192), "official_close", False)
    _override(connection, None)
    assert marks_on(connection, MONDAY)["AAPL"] == (Decimal(191), "official_close", False)


@pytest.mark.parametrize("checker", ["ann", " Ann ", ""])
def test_nobody_approves_what_they_asked_for(
    connection: psycopg.Connection[Any], checker: str
) -> None:
    override_id = _override(connection, "180", decision=None)
    with pytest.raises(
        psycopg.DatabaseError, match="the second person must be another one than ann"
    ) as refused:
        connection.execute(
            "select market.decide_override(%s, 'APPROVED', %s)", (override_id, checker)
        )
    assert refused.value.sqlstate == "PT034"
    assert "PT034" in SQLSTATES


@pytest.mark.parametrize("checker", ["ann", " Ann ", ""])
def test_the_table_refuses_a_decision_of_the_maker(
    connection: psycopg.Connection[Any], checker: str
) -> None:
    override_id = _override(connection, "180", decision=None)
    with pytest.raises(psycopg.errors.CheckViolation, match="second_person"):
        connection.execute(
            "insert into market.override_decisions (override_id, made_by, decision, decided_by)"
            " values (%s, 'ann', 'APPROVED', %s)",
            (override_id, checker),
        )


def test_nobody_approves_by_naming_another_maker(connection: psycopg.Connection[Any]) -> None:
    override_id = _override(connection, "180", decision=None)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute(
            "insert into market.override_decisions (override_id, made_by, decision, decided_by)"
            " values (%s, 'bob', 'APPROVED', 'ann')",
            (override_id,),
        )


def test_a_decision_stands(connection: psycopg.Connection[Any]) -> None:
    override_id = _override(connection, "180")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("select market.decide_override(%s, 'REFUSED', 'cid')", (override_id,))


@pytest.mark.parametrize("table", ["marks", "overrides", "override_decisions"])
def test_append_only(connection: psycopg.Connection[Any], table: str) -> None:
    add_mark(connection, "AAPL", MONDAY, "191")
    _override(connection, "180")
    with pytest.raises(psycopg.DatabaseError, match="append-only"):
        connection.execute(f"delete from market.{table}")  # noqa: S608


def test_an_override_in_another_currency_is_refused(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.DatabaseError, match="quoted in USD, not in EUR"):
        connection.execute(
            "select market.propose_override('AAPL', %s, 1, 'EUR', 'x', 'y')", (MONDAY,)
        )


def test_an_override_of_an_unknown_symbol_is_refused(
    connection: psycopg.Connection[Any],
) -> None:
    propose = "select market.propose_override('NOSUCH', %s, 5, 'USD', 'x', 'y')"
    with pytest.raises(psycopg.DatabaseError, match="no instrument NOSUCH, and no mark") as refused:
        connection.execute(propose, (MONDAY,))
    assert refused.value.sqlstate == "PT033"
    assert "PT033" in SQLSTATES


def test_an_override_of_what_only_a_mark_knows_is_taken(
    connection: psycopg.Connection[Any],
) -> None:
    add_mark(connection, "NOSUCH", FRIDAY, "4")
    connection.execute(
        "select market.propose_override('NOSUCH', %s, 5, 'USD', 'x', 'y')", (MONDAY,)
    )


@pytest.mark.parametrize(
    ("symbol", "price", "message"),
    [
        ("AAPL", "NaN", "NaN is not a price"),
        ("CLF7", "NaN", "NaN is not a price"),
        ("AAPL", "Infinity", "Infinity is not a price"),
        ("CLF7", "-Infinity", "-Infinity is not a price"),
        ("AAPL", "1000000001", "1000000001 is not a price"),
        ("AAPL", "0", "0 of AAPL is not above nought, as a price of EQUITY must be"),
        ("US10Y", "-3", "-3 of US10Y is not above nought, as a price of BOND must be"),
        ("NOBODY", "-3", "-3 of NOBODY is not above nought, as a price of an unknown instrument"),
    ],
)
def test_an_override_that_is_no_price_is_refused(
    connection: psycopg.Connection[Any], symbol: str, price: str, message: str
) -> None:
    with pytest.raises(psycopg.DatabaseError, match=message) as refused:
        connection.execute(
            "select market.propose_override(%s, %s, %s::numeric, 'USD', 'x', 'y')",
            (symbol, MONDAY, price),
        )
    assert refused.value.sqlstate == "PT032"


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity"])
def test_the_table_refuses_what_is_no_number(
    connection: psycopg.Connection[Any], price: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="overrides_price_plausible"):
        _store_override(connection, price)


def test_a_stored_override_that_is_no_number_counts_as_none(
    connection: psycopg.Connection[Any],
) -> None:
    add_mark(connection, "AAPL", MONDAY, "191")
    connection.execute("alter table market.overrides drop constraint overrides_price_plausible")
    override_id = _store_override(connection, "NaN")
    connection.execute("select market.decide_override(%s, 'APPROVED', 'bob')", (override_id,))
    assert marks_on(connection, MONDAY)["AAPL"] == (Decimal(191), "official_close", False)


def _store_override(connection: psycopg.Connection[Any], price: str) -> int:
    row = connection.execute(
        "insert into market.overrides (mark_kind, symbol, currency, tenor_days, mark_date, price,"
        " reason, made_by) values ('PRICE', 'AAPL', 'USD', 0, %s, %s, 'x', 'ann')"
        " returning override_id",
        (MONDAY, price),
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_future_may_stand_below_nought(connection: psycopg.Connection[Any]) -> None:
    """WTI for May 2020 settled at -37.63 USD on 20 April 2020 (CFTC staff report, 23 Nov 2020)."""
    connection.execute(
        "select market.propose_override('CLF7', %s, -37.63, 'USD', 'negative settlement', 'ann')",
        (MONDAY,),
    )


def test_rates_into_a_base_currency(connection: psycopg.Connection[Any]) -> None:
    for pair, price in (("EURUSD", "1.25"), ("USDCHF", "0.8"), ("EURGBP", "0.9")):
        add_mark(connection, pair, MONDAY, price, currency=pair[3:], kind="FX")
    dollars = _rates(connection, "USD")
    # no pair of the pound leads to the dollar: no row
    assert dollars == {"USD": Decimal(1), "EUR": Decimal("1.25"), "CHF": Decimal("1.25")}
    euros = _rates(connection, "EUR")
    assert euros == {"USD": Decimal("0.8"), "EUR": Decimal(1), "CHF": Decimal(1)}
    assert _rates(connection, "INR") == {}


def test_last_trades_of_a_pair_are_rates(connection: psycopg.Connection[Any]) -> None:
    _trade_last(connection, "EURUSD", MONDAY, "1.1")
    assert _rates(connection, "USD") == {"USD": Decimal(1), "EUR": Decimal("1.1")}


def _rates(connection: psycopg.Connection[Any], base: str) -> dict[str, Decimal]:
    rows = connection.execute(
        "select currency, rate from market.fx_rates_on(%s, %s)", (MONDAY, base)
    ).fetchall()
    return dict(rows)


def test_curve_points_apart_from_prices(connection: psycopg.Connection[Any]) -> None:
    for tenor_days, rate in ((365, "0.041"), (730, "-0.002")):
        add_mark(connection, "USD_TREASURY", MONDAY, rate, kind="CURVE", tenor_days=tenor_days)
    assert marks_on(connection, MONDAY) == {}
    rows = connection.execute(
        "select curve, tenor_days, rate, is_stale from market.curve_points_on(%s) order by 2",
        (TUESDAY,),
    ).fetchall()
    assert rows == [
        ("USD_TREASURY", 365, Decimal("0.041"), False),
        ("USD_TREASURY", 730, Decimal("-0.002"), False),
    ]


def test_one_row_for_an_instrument_that_traded_in_two_currencies(
    connection: psycopg.Connection[Any],
) -> None:
    """The currency of the instrument counts; a position in the other one is unpriced."""
    add_mark(connection, "AAPL", FRIDAY, "190")
    add_mark(connection, "AAPL", MONDAY, "170", currency="EUR")
    rows = connection.execute("select currency, is_stale from market.marks_on(%s)", (MONDAY,))
    assert rows.fetchall() == [("USD", True)]
