"""Exposure, concentration, limits and what is said where a figure cannot be computed."""

from __future__ import annotations

from decimal import Decimal

from .conftest import FRIDAY, MONDAY, TUESDAY, RiskDesk

D = Decimal


def test_volumes_of_instruments_currencies_and_in_all(desk: RiskDesk) -> None:
    desk.trade(MONDAY, 100, "190")
    desk.trade(MONDAY, -50, "192")
    desk.trade(MONDAY, 10, "200", symbol="SAP.DE", currency="EUR")
    desk.mark(MONDAY, "1.25", "EURUSD")
    desk.close(MONDAY)
    rows = desk.ask(
        "select subject_kind, subject, currency, trade_count, traded_quantity, traded_amount,"
        " average_quantity, average_amount from report.trade_volumes order by 1, 2"
    )
    assert rows == [
        ("CURRENCY", "EUR", "EUR", 1, None, 2000, None, 2000),
        ("CURRENCY", "USD", "USD", 2, None, 28600, None, 14300),
        ("FIRM", "FIRM", "USD", 3, None, 31100, None, D("10366.67")),
        ("SYMBOL", "AAPL", "USD", 2, 150, 28600, 75, 14300),
        ("SYMBOL", "SAP.DE", "EUR", 1, 10, 2000, 10, 2000),
    ]


def test_no_rate_is_said_and_is_no_zero(desk: RiskDesk) -> None:
    desk.trade(MONDAY, 10, "200", symbol="SAP.DE", currency="EUR")
    desk.close(MONDAY)
    assert desk.measure(MONDAY, "traded_amount", "FIRM") == (None, "no rate for EUR")
    assert desk.measure(MONDAY, "gross_exposure", "HOUSE/NONE") == (None, "not valued: SAP.DE")
    found = desk.measure(MONDAY, "value_at_risk", "FIRM")
    assert found == (None, "not computed: not valued: SAP.DE")


def test_exposure_lasts_until_settlement(desk: RiskDesk) -> None:
    """Bought 100 at 190 and sold 40 at 195, now at 192: 200 + -120... in our favour."""
    desk.trade(MONDAY, 100, "190")
    desk.trade(MONDAY, -40, "195")
    desk.mark(MONDAY, "192")
    desk.mark(TUESDAY, "192")
    desk.close(MONDAY)
    rows = desk.ask("select * from report.counterparty_exposures")
    assert rows == [(MONDAY, "ALDER", "USD", 26880, 11520, 320, 0, None)]
    desk.close(TUESDAY)  # settled: T + 1
    assert desk.measure(TUESDAY, "gross_exposure", "ALDER") is None


def test_concentration_of_four_parties(desk: RiskDesk) -> None:
    """Shares of 30, 30, 20 and 20 percent make 2,600: the example of the US Department of Justice,
    "Herfindahl-Hirschman Index" (justice.gov/atr).
    """
    desk.change("update reference.risk_parameters set top_count = 2")
    desk.mark(MONDAY, "10")
    for party, quantity in (("ALDER", 30), ("BRIAR", -30), ("CEDAR", 20), ("DUNE", 20)):
        desk.trade(MONDAY, quantity, "10", counterparty_id=party)
    desk.close(MONDAY)
    rows = desk.ask("select * from report.concentration where among = 'COUNTERPARTY'")
    assert rows == [(MONDAY, "COUNTERPARTY", 60, "largest 2", 2600)]


def test_a_use_above_its_limit_is_a_breach_and_one_at_it_is_none(desk: RiskDesk) -> None:
    desk.change(
        "insert into reference.risk_limits values"
        " ('COUNTERPARTY_GROSS', 'ALDER', '2026-01-01', 1000, 'test'),"
        " ('COUNTERPARTY_GROSS', 'ALDER', '2026-10-13', 999.99, 'test')"
    )
    desk.trade(MONDAY, 100, "10", settlement_date=TUESDAY + (TUESDAY - MONDAY))
    for date in (MONDAY, TUESDAY):
        desk.mark(date, "10")
    desk.close(MONDAY, TUESDAY)
    rows = desk.ask(
        "select business_date, limit_amount, used_amount, is_breach from report.risk_limits"
        " where limit_kind = 'COUNTERPARTY_GROSS' order by 1"
    )
    assert rows == [(MONDAY, 1000, 1000, False), (TUESDAY, D("999.99"), 1000, True)]


def test_the_same_again_is_no_new_version_and_a_correction_is(desk: RiskDesk) -> None:
    desk.trade(MONDAY, 100, "190")
    desk.mark(MONDAY, "192")
    desk.close(MONDAY)
    desk.close(MONDAY)
    assert desk.ask("select version from risk.versions") == [(1,)]
    desk.mark(MONDAY, "193")
    desk.close(MONDAY)
    assert desk.amount(MONDAY, "gross_exposure", "FIRM") == 19300
    rows = desk.ask(
        "select version, amount from risk.measures"
        " where measure = 'gross_exposure' and subject = 'FIRM' order by 1"
    )
    assert rows == [(1, 19200), (2, 19300)]


def test_a_late_trade_of_an_earlier_date_is_in_the_exposure(desk: RiskDesk) -> None:
    desk.mark(FRIDAY, "10")
    desk.mark(MONDAY, "10")
    desk.trade(FRIDAY, 10, "10", settlement_date=TUESDAY)
    desk.close(FRIDAY)
    desk.trade(FRIDAY, 5, "10", settlement_date=TUESDAY)
    desk.close(MONDAY)
    assert desk.amount(MONDAY, "gross_exposure", "ALDER") == 150


def test_stress_by_asset_class(desk: RiskDesk) -> None:
    desk.change(
        "insert into reference.stress_scenarios values"
        " ('ALL', '*', '2026-01-01', -0.1, 'test'), ('ALL', 'FX', '2026-01-01', 0.5, 'test')"
    )
    desk.trade(MONDAY, 100, "190")
    desk.trade(MONDAY, 1000, "1.25", symbol="EURUSD", asset_class="FX")
    desk.mark(MONDAY, "200")
    desk.mark(MONDAY, "1.25", "EURUSD")
    desk.close(MONDAY)
    assert desk.amount(MONDAY, "stress_pnl", "FIRM", "ALL") == -2000 + 625
    assert desk.amount(MONDAY, "stress_pnl", "FIRM", "CRASH_OF_1987") == -4520


def test_a_contract_is_worth_its_multiplier(desk: RiskDesk) -> None:
    desk.change("insert into reference.instrument_terms values ('CLF7', 1000)")
    desk.trade(MONDAY, 2, "70", symbol="CLF7", asset_class="COMMODITY", settlement_date=TUESDAY)
    desk.mark(MONDAY, "71", "CLF7")
    desk.close(MONDAY)
    assert desk.amount(MONDAY, "traded_amount", "CLF7", "USD") == 140000
    assert desk.amount(MONDAY, "gross_exposure", "FIRM") == 142000
    assert desk.amount(MONDAY, "replacement_cost", "ALDER") == 2000
    assert desk.amount(MONDAY, "stress_pnl", "FIRM", "OIL_MARCH_2020") == -34080


def test_a_multiplier_that_is_stated_later_holds_for_cash_and_mark(desk: RiskDesk) -> None:
    due = TUESDAY + (TUESDAY - MONDAY)
    desk.trade(MONDAY, 10, "100", settlement_date=due)
    desk.mark(MONDAY, "100")
    desk.close(MONDAY)
    assert desk.amount(MONDAY, "replacement_cost", "ALDER") == 0
    desk.change("insert into reference.instrument_terms values ('AAPL', 50)")
    desk.mark(TUESDAY, "101")
    desk.close(TUESDAY)
    assert desk.amount(TUESDAY, "gross_exposure", "ALDER") == 10 * 101 * 50
    assert desk.amount(TUESDAY, "replacement_cost", "ALDER") == 10 * 50
