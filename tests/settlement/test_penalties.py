"""What fails cost: days and their rates, corrections, and who owes whom at the end of the month.

The rules and rates are published by those whom the tests name; quantities, prices and sums are
ours: none of them is a published example.
"""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from posttrade.settlement import charge_penalties, state_penalties

from .desk import TRADE_DATE, Desk

# EU, T+2
DUE = dt.date(2026, 10, 16)
MONDAY = dt.date(2026, 10, 19)
TUESDAY = dt.date(2026, 10, 20)
STATED = dt.date(2026, 11, 16)
PAID = dt.date(2026, 11, 24)


def mark(desk: Desk, symbol: str, date: dt.date, price: str, currency: str = "EUR") -> None:
    desk.connection.execute(
        "insert into books.marks values (%s, %s, %s, %s, 'last_execution')"
        " on conflict (business_date, symbol, currency) do update set mark_price = %s",
        (date, symbol, currency, Decimal(price), Decimal(price)),
    )


def fail(desk: Desk, trade_id: str, cause: str | None = None, **terms: Any) -> None:
    """A trade that will not settle: for lack of securities, or for a stated cause."""
    desk.book(
        trade_id,
        **{
            "side": "SELL",
            "symbol": "SAP.DE",
            "currency": "EUR",
            "settlement_date": DUE,
            "quantity": Decimal(1000),
            "price": Decimal(150),
            **terms,
        },
    )
    desk.follow()
    if cause is not None:
        desk.rows(
            "insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)"
            " select instruction_id, settlement_date, %s, act_id from settlement.instructions"
            " where subject_id = %s returning 1",
            cause,
            trade_id,
        )


def charge(desk: Desk, date: dt.date) -> tuple[int, int]:
    """What failed on a date: its marks are there when the next weekday is settled."""
    following = date + dt.timedelta(days=3 if date.weekday() == 4 else 1)
    counts = charge_penalties(
        desk.dsn, following, run_id=f"{date}", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def state(desk: Desk, date: dt.date, folder: Path | None = None) -> tuple[int, int]:
    counts = state_penalties(
        desk.dsn, date, folder, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def charged(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select penalty_date, payer, type_of_fail, amount from settlement.current_penalties"
        " order by instruction_id, penalty_date"
    )


@pytest.fixture
def short(desk: Desk) -> Desk:
    for symbol in ("SAP.DE", "DE10Y", "AAPL", "SIE.DE"):
        desk.give(symbol, "0")
    return desk


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
