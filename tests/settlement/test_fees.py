"""What trades cost: published rates and examples, restatements, breaks and payments.

Rates and rules are published by those whom the tests name. A test says so where its trade is a
published example too; all other trades and sums are ours.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from posttrade.settlement import charge_fees, check_ledger

from .desk import NEXT_DAY, TRADE_DATE, Desk

RATE = {
    "fee_type": "BROKERAGE",
    "booked_in": "brokerage_fee",
    "effective_from": dt.date(2026, 1, 1),
    "date_rule": "TRADE_DATE",
    "basis": "NOTIONAL",
    "currency": "USD",
    "rounding": "HALF_UP",
    "rounding_digits": 2,
    "is_taxed": True,
    "source": "test",
}


def charge(desk: Desk, date: dt.date = TRADE_DATE) -> tuple[int, int]:
    """Compute the fees of a date; gives live trades and rows written."""
    counts = charge_fees(
        desk.dsn, date, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def fees_of(desk: Desk, trade_id: str) -> dict[str, Decimal]:
    """What a trade costs now, by type of fee."""
    return dict(
        desk.rows(
            "select fee_type, sum(amount) from settlement.fees where trade_id = %s group by 1",
            trade_id,
        )
    )


def breaks(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select subject_id, break_type, expected_value::numeric, actual_value::numeric, delta,"
        " status from settlement.breaks where subject_kind = 'FEE' order by 1, 2"
    )


def add_rate(desk: Desk, **terms: Any) -> None:
    row = {**RATE, **terms}
    desk.connection.execute(
        f"insert into reference.fee_rates ({', '.join(row)})"  # noqa: S608 - names of ours
        f" values ({', '.join(f'%({name})s' for name in row)})",
        row,
    )


@pytest.fixture
def traded_on(desk: Desk) -> Any:
    def begin(date: dt.date) -> dict[str, Any]:
        desk.connection.execute("select control.ensure_partitions(%s)", (date,))
        return {"business_date": date, "settlement_date": date + dt.timedelta(days=1)}

    return begin


@pytest.mark.parametrize(
    ("settles", "quantity", "price", "section_31", "taf"),
    [
        ("2018-03-02", 100, "100", None, None),  # no rate is known of that time
        ("2021-06-02", 1, "150", "0.01", "0.01"),
        ("2021-06-02", 50_000, "1", "0.26", "5.95"),
        ("2021-06-02", 49_999, "1", "0.26", "5.95"),
        ("2021-06-02", 60_000, "1", "0.31", "5.95"),
        ("2023-06-02", 1_000, "100", "0.80", "0.15"),
        ("2025-06-03", 1_000, "100", "0.00", "0.17"),
        ("2026-09-15", 1_000, "100", "2.06", "0.20"),
        ("2026-09-15", 100_000, "1", "2.06", "9.79"),
        ("2026-10-01", 100_000, "1", "2.06", "9.79"),  # traded on 30 September
        ("2026-10-02", 100_000, "1", "2.06", "0.00"),
        ("2026-10-15", 1_000, "100", "2.06", "0.00"),
    ],
)
def test_us_fees_on_sales(
    desk: Desk,
    traded_on: Any,
    settles: str,
    quantity: int,
    price: str,
    section_31: str | None,
    taf: str | None,
) -> None:
    """Sales by the rates of the day, rounded up to the cent, the TAF with its cap.

    A published example is the one share sold at 150 USD, which costs 0.01 and 0.01
    (help.heygotrade.com, "SEC & FINRA TAF fees"); so is the cap of 5.95 from 50,000 shares on
    (FINRA, Trading Activity Fee rule flow; 0.000119 a share). The other trades are ours, at
    published rates: SEC fee rate advisories (5.10, 8.00, 0.00, 20.60 per million), FINRA's fee
    increase schedule of SR-FINRA-2020-032 and SR-FINRA-2024-019 (Schedule A, section 1), and
    nothing from 1 October to 31 December 2026 (SR-FINRA-2026-021).
    """
    terms = traded_on(dt.date.fromisoformat(settles) - dt.timedelta(days=1))
    desk.book("S", side="SELL", quantity=Decimal(quantity), price=Decimal(price), **terms)
    desk.book("B", quantity=Decimal(quantity), price=Decimal(price), **terms)
    charge(desk, terms["business_date"])
    found = fees_of(desk, "S")
    assert found.get("SEC_SECTION_31") == (section_31 and Decimal(section_31))
    assert found.get("FINRA_TAF") == (taf and Decimal(taf))
    assert {"SEC_SECTION_31", "FINRA_TAF"}.isdisjoint(fees_of(desk, "B"))


@pytest.mark.parametrize(
    ("traded", "settles", "fee"),
    [
        ("2026-04-02", "2026-04-03", "0.00"),
        ("2026-04-02", "2026-04-06", "2.06"),
        ("2018-05-21", "2018-05-23", "1.30"),
    ],
)
def test_section_31_counts_the_settlement_date(
    desk: Desk, traded_on: Any, traded: str, settles: str, fee: str
) -> None:
    """The charge date is the settlement date (17 CFR 240.31(a)(3)), not the trade's.

    $13.00 per million for charge dates from 22 May 2018 (SEC Fee Rate Advisory #3 for Fiscal Year
    2018), $20.60 from 4 April 2026 (FR Doc 2026-04233), nothing until then. The trades are ours.
    """
    terms = traded_on(dt.date.fromisoformat(traded))
    terms["settlement_date"] = dt.date.fromisoformat(settles)
    desk.book("S", side="SELL", quantity=Decimal(1_000), price=Decimal(100), **terms)
    charge(desk, terms["business_date"])
    assert fees_of(desk, "S")["SEC_SECTION_31"] == Decimal(fee)


def test_indian_charges_on_one_crore(desk: Desk) -> None:
    """Delivery of one crore of rupees: STT 10,000, stamp duty 1,500 for the buyer, SEBI fee 10.

    So far a published example (help.tradesmartonline.in, "Statutory charges levied"); brokerage,
    clearing and what follows from them are ours. NSE takes 2.97 per lakh (NSE circular in
    force from 1 October 2024), and GST is 18 % of brokerage, exchange and SEBI fee (BSE notice
    20221031-4): 18 % of 1,000 + 297 + 10.
    """
    terms = {"symbol": "SBI", "currency": "INR", "quantity": Decimal(10_000)}
    for trade_id, side in (("B", "BUY"), ("S", "SELL")):
        desk.book(trade_id, side=side, price=Decimal(1_000), **terms)
    charge(desk)
    sold = {
        "BROKERAGE": Decimal("1000"),
        "CLEARING": Decimal("25"),
        "EXCHANGE": Decimal("297"),
        "SEBI_TURNOVER": Decimal("10"),
        "STT": Decimal("10000"),
        "GST": Decimal("235.26"),
    }
    assert fees_of(desk, "S") == sold
    assert fees_of(desk, "B") == {**sold, "STAMP_DUTY": Decimal("1500")}


def test_stt_is_in_whole_rupees(desk: Desk) -> None:
    """100 SBI at 985: 98.50 is 99 rupees; at 984 and below 98.40 is 98.

    Half a rupee and more counts as one (valuebroking.com, "How is STT calculated"; Geojit's and
    Tradejini's help pages); the trades are ours.
    """
    for trade_id, price in (("T1", 985), ("T2", 984)):
        desk.book(
            trade_id, symbol="SBI", currency="INR", quantity=Decimal(100), price=Decimal(price)
        )
    charge(desk)
    assert fees_of(desk, "T1")["STT"] == 99
    assert fees_of(desk, "T2")["STT"] == 98


def test_the_most_specific_rate_counts_within_its_bounds(desk: Desk) -> None:
    add_rate(desk, counterparty_id="ALDER", rate=Decimal("0.001"), amount_min=Decimal(25))
    add_rate(
        desk,
        account="EQ-FLOW",
        asset_class="EQUITY",
        basis="QUANTITY",
        rate=Decimal("0.005"),
        amount_max=Decimal("4.995"),
        rounding="DOWN",
    )
    add_rate(desk, counterparty_id="BRIAR", market_id="US", basis="TRADE", rate=Decimal(7))
    desk.book("T1")
    desk.book("T2", quantity=Decimal(1_000))
    desk.book("T3", account="EQ-FLOW", quantity=Decimal(1_000))
    desk.book("T4", counterparty_id="BRIAR")
    desk.book("T5", counterparty_id="CEDAR")
    charge(desk)
    found = [fees_of(desk, f"T{number}")["BROKERAGE"] for number in range(1, 6)]
    assert found == [Decimal(a) for a in ("25", "190.50", "4.99", "7", "1.91")]


def test_what_no_rate_applies_to_is_counted_and_never_zero(desk: Desk) -> None:
    desk.book("T1", symbol="ESZ6", asset_class="DERIVATIVE", brokerage_fee=Decimal(5))
    desk.book("T2")
    assert charge(desk) == (2, 1)
    assert fees_of(desk, "T1") == {}
    assert breaks(desk) == []
    assert desk.rows("select * from report.fee_coverage") == [(TRADE_DATE, 2, 1, 1)]
    assert desk.rows("select * from settlement.fees_not_computed") == [
        (TRADE_DATE, "US_FUTURES", "DERIVATIVE", "ANY", 1)
    ]


def test_a_period_without_a_rate_is_counted(desk: Desk, traded_on: Any) -> None:
    terms = traded_on(dt.date(2015, 6, 1))
    desk.book("S", side="SELL", **terms)
    charge(desk, dt.date(2015, 6, 1))
    assert desk.rows("select fee_type, trade_count from settlement.fees_not_computed") == [
        ("FINRA_TAF", 1),
        ("SEC_SECTION_31", 1),
    ]


FEES = {
    "brokerage_fee": Decimal("1.91"),
    "clearing_fee": Decimal("0.05"),
    "exchange_fee": Decimal("0.15"),
}


def test_a_booked_fee_that_differs_is_a_break_until_it_does_not(desk: Desk) -> None:
    desk.book("T1", **{**FEES, "brokerage_fee": Decimal("1.92")})  # a cent off is tolerated
    desk.book("T2", **{**FEES, "brokerage_fee": Decimal("1.93"), "exchange_fee": Decimal(0)})
    charge(desk)
    assert breaks(desk) == [
        ("T2", "brokerage_fee_mismatch", Decimal("1.91"), Decimal("1.93"), Decimal("0.02"), "OPEN"),
        ("T2", "exchange_fee_mismatch", Decimal("0.15"), Decimal(0), Decimal("-0.15"), "OPEN"),
    ]
    assert charge(desk) == (2, 0)
    desk.book("T2", version=2, status="CORRECTED", **FEES)
    charge(desk)
    assert [row[-1] for row in breaks(desk)] == ["RESOLVED", "RESOLVED"]
    events = desk.rows(
        "select event from recon.break_events where subject_kind = 'FEE' order by event_id"
    )
    assert events == [("OPENED",), ("OPENED",), ("RESOLVED",), ("RESOLVED",)]


def test_a_trade_without_fees_is_judged_by_its_commission(desk: Desk) -> None:
    for offset, (trade_id, commission) in enumerate((("T1", "2.11"), ("T2", "0.5"))):
        desk.book(trade_id)
        desk.connection.execute(
            "insert into trade.pnl_snapshots values"
            " (%s, %s, 1, 0, %s, 'USD', 'BOOKED', '{}', 1, 'pnl_snapshot', 0, %s, now())",
            (TRADE_DATE, trade_id, Decimal(commission), offset),
        )
    charge(desk)
    assert breaks(desk) == [
        ("T2", "commission_mismatch", Decimal("2.11"), Decimal("0.5"), Decimal("-1.61"), "OPEN")
    ]


def test_corrections_restate_and_reruns_do_not(desk: Desk) -> None:
    desk.book("T1", **FEES)
    desk.book("T2", **FEES)
    assert charge(desk) == (2, 2)
    assert charge(desk) == (2, 0)
    desk.book("T1", version=2, status="CORRECTED", quantity=Decimal(200), **FEES)
    desk.book("T2", version=2, status="CANCELLED", **FEES)
    assert charge(desk) == (1, 3)
    assert fees_of(desk, "T1")["BROKERAGE"] == Decimal("3.81")
    assert set(fees_of(desk, "T2").values()) == {Decimal(0)}
    lines = desk.rows(
        "select version, sequence, reverses_sequence, amount from settlement.fees"
        " where trade_id = 'T1' and fee_type = 'BROKERAGE' order by sequence"
    )
    assert lines == [
        (1, 1, None, Decimal("1.91")),
        (1, 2, 1, Decimal("-1.91")),
        (2, 3, None, Decimal("3.81")),
    ]
    assert charge(desk) == (1, 0)


def test_a_rate_that_comes_later_restates_the_dates_it_is_for(desk: Desk) -> None:
    desk.book("T1", **FEES)
    assert charge(desk) == (1, 1)
    assert charge(desk, NEXT_DAY) == (0, 0)
    add_rate(desk, market_id="US", rate=Decimal("0.0002"))
    assert charge(desk, NEXT_DAY) == (1, 2)
    assert fees_of(desk, "T1")["BROKERAGE"] == Decimal("3.81")
    assert [row[1] for row in breaks(desk)] == ["brokerage_fee_mismatch"]
    assert charge(desk, NEXT_DAY) == (0, 0)


def test_what_is_owed_is_paid_with_the_trade_and_restated(desk: Desk) -> None:
    sale = {"side": "SELL", "quantity": Decimal(1_000), "price": Decimal(100)}
    desk.book("T1", **sale)
    desk.book("T2", **sale)
    desk.close()
    charge(desk)
    desk.settle()
    assert desk.rows(
        "select payee, payer, amount from settlement.postings where quantity is null order by 1"
    ) == [("SEC", "EQ-PRIME", Decimal("4.12"))]
    desk.book("T2", version=2, status="CANCELLED", **sale)
    desk.close()
    charge(desk)
    charge(desk)
    desk.settle()
    owed = {
        name: sum(amount for (account, _), amount in desk.balances().items() if account == name)
        for name in ("FINRA", "SEC")
    }
    assert owed == {"FINRA": 0, "SEC": Decimal("2.06")}
    check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_charges_are_append_only(desk: Desk) -> None:
    desk.book("T1")
    charge(desk)
    with pytest.raises(Exception, match="append-only"), desk.connection.transaction():
        desk.connection.execute("update settlement.trade_fees set currency = 'EUR'")
