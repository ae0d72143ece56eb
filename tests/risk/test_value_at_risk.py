"""Value at risk and expected shortfall by historical simulation, and their back-test."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posttrade.database import connect, run_step

from .conftest import FRIDAY, MONDAY, TUESDAY, RiskDesk

FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CENTS = st.decimals("-1000000", "1000000", places=2)
PARAMETERS = {"business_date": TUESDAY, "calendar_id": "XNYS", "run_id": "test"}


def rounded(value: Fraction) -> Decimal:
    """To the cent, halves away from nought, as numeric rounds."""
    quotient = Decimal(abs(value).numerator * 1000) / Decimal(value.denominator)
    cents = (quotient / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return -cents if value < 0 else cents


def simulate(losses: list[Decimal], confidence: Decimal, tail: str) -> tuple[Decimal, Any]:
    """The definition: the least loss that at least this share of all do not exceed."""
    ordered = sorted(losses)
    var = ordered[math.ceil(Fraction(confidence) * len(ordered)) - 1]
    beyond = [loss for loss in ordered if loss > var or (loss == var and tail == "AT_OR_BEYOND")]
    if not beyond:
        return var, None
    return var, rounded(Fraction(sum(beyond)) / len(beyond))


@pytest.fixture(scope="module")
def module_dsn(postgres_server: Any, trade_template: str) -> Iterator[str]:
    name = "value_at_risk"
    yield postgres_server.create_database(name, trade_template)
    postgres_server.drop_database(name)


@pytest.fixture
def connection(module_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(module_dsn) as connection:
        yield connection


@FEW
@given(
    results=st.lists(CENTS, min_size=1, max_size=60),
    confidence=st.sampled_from(["0.9", "0.95", "0.975", "0.99"]),
    tail=st.sampled_from(["AT_OR_BEYOND", "BEYOND"]),
)
def test_quantile_and_tail_are_those_of_the_definition(
    connection: psycopg.Connection[Any], results: list[Decimal], confidence: str, tail: str
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(
            "update reference.risk_parameters set confidence = %s, tail = %s, scenarios_min = 1",
            (Decimal(confidence), tail),
        )
        run_step(connection, "end_of_day/begin_measures", PARAMETERS)
        run_step(connection, "end_of_day/collect_changes", PARAMETERS)
        run_step(connection, "end_of_day/collect_scenarios", PARAMETERS)
        connection.execute("insert into scenario_subjects values ('BOOK', 'A/B', 1, null)")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into scenario_results values ('BOOK', 'A/B', %s, 1, %s)",
                [(MONDAY - dt.timedelta(n), pnl) for n, pnl in enumerate(results)],
            )
        run_step(connection, "end_of_day/measure_value_at_risk", PARAMETERS)
        rows = connection.execute(
            "select measure, amount from computed_measures where subject = 'A/B'"
        ).fetchall()
    var, shortfall = simulate([-pnl for pnl in results], Decimal(confidence), tail)
    assert dict(rows) == {
        "scenario_count": len(results),
        "value_at_risk": var,
        "expected_shortfall": shortfall,
    }


PRICES = st.lists(st.decimals("0.01", "999.99", places=2), min_size=4, max_size=4)


@FEW
@given(
    quantity=st.integers(-(10**6), 10**6).filter(bool), prices=PRICES, rates=PRICES, other=PRICES
)
def test_scenarios_repeat_what_happened_exactly(
    connection: psycopg.Connection[Any],
    quantity: int,
    prices: list[Decimal],
    rates: list[Decimal],
    other: list[Decimal],
) -> None:
    days = [dt.date(2026, 10, day) for day in (8, 9, 12, 13)]
    with connection.transaction(force_rollback=True):
        for number, day in enumerate(days):
            for kind, symbol, currency, price in (
                ("PRICE", "SAP.DE", "EUR", prices[number]),
                ("FX", "EURUSD", "USD", rates[number]),
                ("PRICE", "AAPL", "USD", other[number]),
            ):
                connection.execute(
                    "insert into market.marks (mark_kind, symbol, currency, tenor_days, mark_date,"
                    " source_id, observed_at, price, batch_id, topic, partition, message_offset)"
                    " values (%s, %s, %s, 0, %s, 'official_close', now(), %s, 1, 'marks', 0, 0)",
                    (kind, symbol, currency, day, price),
                )
        run_step(connection, "end_of_day/begin_measures", PARAMETERS)
        connection.execute(
            "insert into valued_positions"
            " (book, account, symbol, currency, quantity, price, rate, base_value) values"
            " ('A/B', 'A', 'SAP.DE', 'EUR', %(q)s, %(p)s, %(r)s, %(q)s * %(p)s * %(r)s),"
            " ('C/D', 'C', 'AAPL', 'USD', %(q)s, %(o)s, 1, %(q)s * %(o)s)",
            {"q": quantity, "p": prices[-1], "r": rates[-1], "o": other[-1]},
        )
        run_step(connection, "end_of_day/collect_changes", PARAMETERS)
        run_step(connection, "end_of_day/collect_scenarios", PARAMETERS)
        rows = connection.execute("select subject, day, pnl from scenario_results").fetchall()
    p, r, o = ([Fraction(value) for value in values] for values in (prices, rates, other))
    expected = {}
    for number in (1, 2, 3):
        abroad = (
            quantity * p[3] * r[3] * (p[number] * r[number] / (p[number - 1] * r[number - 1]) - 1)
        )
        at_home = quantity * o[3] * (o[number] / o[number - 1] - 1)
        expected["A/B", days[number]] = abroad
        expected["C/D", days[number]] = at_home
        expected["FIRM", days[number]] = abroad + at_home
    assert {(subject, day) for subject, day, _ in rows} == expected.keys()
    for subject, day, pnl in rows:
        # rounded to the cent, after a division to sixteen digits and more
        true = expected[subject, day]
        assert abs(Fraction(pnl) - true) <= Fraction(1, 200) + abs(true) / 10**15


def _history(desk: RiskDesk, prices: list[str]) -> None:
    days = [dt.date(2026, 10, day) for day in (5, 6, 7, 8, 9)]
    for day, price in zip(days, prices, strict=True):
        desk.mark(day, price)


def test_too_little_history_is_said_with_its_days(desk: RiskDesk) -> None:
    desk.change("update reference.risk_parameters set scenarios_min = 5")
    desk.trade(FRIDAY, 100, "100")
    _history(desk, ["100", "101", "102", "103", "100"])
    desk.close(FRIDAY)
    note = "not computed: 4 scenarios, 5 are needed"
    assert desk.measure(FRIDAY, "value_at_risk", "FIRM") == (None, note)
    assert desk.measure(FRIDAY, "expected_shortfall", "HOUSE/NONE") == (None, note)
    assert desk.amount(FRIDAY, "scenario_count", "FIRM") == 4
    limits = desk.ask(
        "select is_breach, note from report.risk_limits where limit_kind = 'VALUE_AT_RISK'"
    )
    assert limits == [(None, note)] * 2


def test_a_day_without_a_mark_makes_no_scenario(desk: RiskDesk) -> None:
    desk.change("update reference.risk_parameters set scenarios_min = 1")
    desk.trade(FRIDAY, 100, "100")
    for day, price in ((5, "100"), (6, "50"), (8, "80"), (9, "100")):
        desk.mark(dt.date(2026, 10, day), price)
    desk.close(FRIDAY)
    # from 5 to 6 and from 8 to 9; nothing is carried over the 7th
    assert desk.amount(FRIDAY, "scenario_count", "FIRM") == 2
    assert desk.amount(FRIDAY, "value_at_risk", "FIRM") == 5000


def test_back_test_counts_losses_beyond_what_was_told(desk: RiskDesk) -> None:
    desk.change("update reference.risk_parameters set scenarios_min = 4, backtest_days = 2")
    desk.trade(FRIDAY, 100, "100")
    _history(desk, ["100", "101", "102", "103", "100"])
    desk.close(FRIDAY)
    var = desk.amount(FRIDAY, "value_at_risk", "FIRM")
    assert var == Decimal("291.26")  # 100 to the share: 103 to 100
    desk.mark(MONDAY, "97.08")
    desk.mark(TUESDAY, "90")
    desk.trade(MONDAY, 900, "97.08")  # what is bought later is no part of the comparison
    desk.close(MONDAY, TUESDAY)
    rows = desk.ask(
        "select business_date, hypothetical_pnl_amount, is_exception, exception_count,"
        " backtest_days, zone from report.value_at_risk where subject = 'FIRM' order by 1"
    )
    assert rows == [
        (FRIDAY, None, None, None, None, None),
        (MONDAY, Decimal("-292.00"), True, 1, 1, "GREEN, of 1 day only"),
        (TUESDAY, Decimal("-7080.00"), True, 2, 2, "GREEN"),
    ]


def test_a_day_of_stale_marks_alone_passes_no_back_test(desk: RiskDesk) -> None:
    desk.change("update reference.risk_parameters set scenarios_min = 4, backtest_days = 2")
    desk.trade(FRIDAY, 100, "100")
    _history(desk, ["100", "101", "102", "103", "100"])
    desk.close(FRIDAY, MONDAY)
    rows = desk.ask(
        "select measure, amount, note from risk.current_measures where business_date = %s"
        " and subject = 'FIRM' and measure in ('hypothetical_pnl', 'var_exception',"
        " 'backtest_days')",
        MONDAY,
    )
    assert rows == [
        ("hypothetical_pnl", Decimal("0.00"), f"positions of {FRIDAY}, all marks stale")
    ]


def test_zones_are_those_of_the_binomial_distribution(connection: psycopg.Connection[Any]) -> None:
    """Basel Committee, "Supervisory framework for the use of backtesting in conjunction with the
    internal models approach" (January 1996), table 2: of 250 days at 99 percent, the yellow zone
    begins where the cumulative probability of fewer or as many exceptions reaches 95 percent, the
    red where it reaches 99.99 percent; the factor grows by 0.40, 0.50, 0.65, 0.75, 0.85 and 1.00.
    """
    chance, days = Fraction(1, 100), 250

    def cumulative(exceptions: int) -> Fraction:
        return sum(
            math.comb(days, n) * chance**n * (1 - chance) ** (days - n)
            for n in range(exceptions + 1)
        ) + Fraction(0)

    rows = connection.execute(
        "select exceptions_from, zone, plus_factor from reference.backtest_zones order by 1"
    ).fetchall()
    yellow = next(n for n in range(days) if cumulative(n) >= Fraction(95, 100))
    red = next(n for n in range(days) if cumulative(n) >= Fraction(9999, 10_000))
    assert (yellow, red) == (5, 10)
    assert [row[0] for row in rows] == [0, *range(yellow, red + 1)]
    assert [row[1] for row in rows] == ["GREEN", *["YELLOW"] * 5, "RED"]
    added = ["0", "0.40", "0.50", "0.65", "0.75", "0.85", "1.00"]
    assert [row[2] for row in rows] == list(map(Decimal, added))


@pytest.mark.parametrize(
    ("exceptions", "zone"), [(4, "GREEN"), (5, "YELLOW"), (9, "YELLOW"), (10, "RED")]
)
def test_the_zone_of_a_full_year(
    connection: psycopg.Connection[Any], exceptions: int, zone: str
) -> None:
    with connection.transaction(force_rollback=True):
        run_step(connection, "end_of_day/begin_measures", PARAMETERS)
        connection.execute(
            "insert into risk.versions (business_date, version, run_id)"
            " select '2025-01-01'::date + n, 1, 'test' from generate_series(1, 300) as n"
        )
        # the fifty oldest are exceptions, too, and no longer count
        connection.execute(
            "insert into risk.measures select '2025-01-01'::date + n, 1, 'var_exception', 'FIRM',"
            " 'FIRM', '', '', (n <= 50 or n > 300 - %s)::integer, null"
            " from generate_series(1, 300) as n",
            (exceptions,),
        )
        run_step(connection, "end_of_day/measure_zones", PARAMETERS)
        rows = connection.execute("select measure, amount, note from computed_measures").fetchall()
    found = {measure: (amount, note) for measure, amount, note in rows}
    assert found["backtest_days"] == (250, None)
    assert found["backtest_exceptions"] == (exceptions, None)
    assert found["backtest_plus_factor"][1] == zone
