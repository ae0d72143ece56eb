"""What stands in the pack: exact figures that add up."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import psycopg

from posttrade import __version__
from posttrade.reports import Pack

from .day import Day
from .packs import assert_harmless, read_page, read_table


def test_tables_add_up(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day())
    pack = render()
    for row in read_table(pack, "control_totals"):
        parts = [int(row[name]) for name in ("accepted", "rejected", "duplicate")]
        assert int(row["received"]) == sum(parts)
        assert row["is_received_explained"] == "t"
        assert int(row["offsets"]) == int(row["messages"]) + int(row["offsets_without_message"])
    breaks = read_table(pack, "breaks")
    summary = read_table(pack, "reconciliation_summary")
    open_breaks = sum(int(row["item_count"]) for row in summary if row["measure"] == "break")
    assert len(breaks) == open_breaks == 15
    trades = sum(int(row["trade_count"]) for row in read_table(pack, "trade_summary"))
    outcomes = sum(int(row["item_count"]) for row in summary if row["measure"] == "outcome")
    assert trades == outcomes
    for row in read_table(pack, "positions"):
        opening, bought, sold, closing = (
            Decimal(row[f"{name}_quantity"]) for name in ("opening", "bought", "sold", "closing")
        )
        assert opening + bought - sold == closing
    for row in read_table(pack, "pnl_summary"):
        value = {name: Decimal(row[f"{name}_amount"]) for name in
                 ("opening_value", "market_value", "cash_flow", "day_pnl", "fee",
                  "day_pnl_after_fees", "pnl_to_date", "cash_flow_to_date")}  # fmt: skip
        assert (
            value["market_value"] - value["opening_value"] + value["cash_flow"] == value["day_pnl"]
        )
        assert value["day_pnl"] - value["fee"] == value["day_pnl_after_fees"]
        assert value["market_value"] + value["cash_flow_to_date"] == value["pnl_to_date"]
    page = read_page(pack)
    assert "DOES NOT ADD UP" not in page
    assert "checks, all add up" in page
    assert_harmless(page)


def test_totals_that_do_not_add_up_raise_an_alarm(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day())
    change(
        "set local posttrade.records_leave to on;"
        " delete from trade.executions where trade_id = 'T000001'"
    )
    page = read_page(render())
    assert "DOES NOT ADD UP" in page
    assert "Do not sign" in page


def test_values_are_exact_and_trimmed(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    stated = {
        "quantity_mismatch": ("100.00", "100"),
        "price_mismatch": ("100.10", "100.1"),
        "pnl_mismatch": ("-0.5000000", "-0.5"),
        "missing_confirmation": ("1000 @ 190.50", "1000 @ 190.5"),
        "duplicate_execution": ("notional=2990.000, price=2.990", "notional=2990, price=2.99"),
        "duplicate_confirmation": ("price=1.50, symbol=A1.50", "price=1.50, symbol=A1.50"),
    }
    with psycopg.connect(trade_dsn) as connection:
        connection.cursor().executemany(
            "update recon.breaks set expected_value = %s where break_type = %s",
            [(stored, name) for name, (stored, _) in stated.items()],
        )
    found = {row["break_type"]: row["expected_value"] for row in read_table(render(), "breaks")}
    assert {name: found[name] for name in stated} == {n: v for n, (_, v) in stated.items()}


def test_the_page_sums_offsets_by_topic(
    lay: Callable[[Day], None], render: Callable[[], Pack]
) -> None:
    lay(Day())
    pack = render()
    page = read_page(pack)
    assert page.count("4,000 – 4,001") == 2  # one line a topic
    assert "stands in control_offsets_20261112.csv" in page
    assert len(read_table(pack, "control_offsets")) == 4
    assert re.search(r"\d+ of \d+ open", page)
    assert f"posttrade {__version__}" in page


def test_a_day_without_anything(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day(trade_count=0, reject_count=0))
    pack = render()
    page = read_page(pack)
    assert "No message was recorded for this date" in page
    assert "Positions and P&amp;L" not in page
    assert_harmless(page)
    assert read_table(pack, "breaks") == []
    assert not render().is_new_version


def test_a_weekend_says_so(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day(is_business_day=False))
    assert "2026-11-12 is no business day" in read_page(render())


def test_what_compliance_checked_and_scored_is_counted_as_that(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(
        "insert into compliance.coverage (business_date, rule, outcome, subject_count, run_id)"
        " select '2026-11-12', * from (values ('identifier_check', 'isin_checked', 40, 'r'),"
        " ('identifier_check', 'lei_checked', 7, 'r'), ('identifier_check', 'isin_not_stated', 5,"
        " 'r'), ('price_band', 'no_mark', 3, 'r'), ('anomaly_price', 'scored', 55, 'r'),"
        " ('anomaly_price', 'unscored', 6, 'r')) as c (rule, outcome, subject_count, run_id)"
    )
    page = read_page(render())
    for name, checked, unchecked in (
        ("Identifier check", "47", "5"),
        ("Price band", "0", "3"),
        ("Anomaly price", "55", "6"),
    ):
        row = (
            rf"{name} <span[^>]*>[^<]*</span></th>"
            rf'<td class="n[^"]*">{checked}</td><td class="n[^"]*">{unchecked}</td>'
        )
        assert re.search(row, page), name


def test_many_breaks_stay_in_the_file(
    lay: Callable[[Day], None], render: Callable[[], Pack]
) -> None:
    lay(Day(trade_count=60_000, break_every=4, reject_count=0))
    pack = render()
    assert len(read_table(pack, "breaks")) == 15_000
    page = read_page(pack)
    assert "more stand in breaks_20261112.csv" in page
    assert len(page) < 1_000_000
    assert not render().is_new_version


def test_outcomes_are_those_of_the_reconciliation(
    lay: Callable[[Day], None], trade_dsn: str
) -> None:
    lay(Day(trade_count=2000))
    with psycopg.connect(trade_dsn) as connection:
        differing = connection.execute(
            """
            select trade_id, r.outcome, t.outcome
            from report.trade_outcomes r
            full join recon.trades t using (business_date, trade_id)
            where business_date = '2026-11-12'
              and r.outcome is distinct from t.outcome
              and r.status <> 'NO_EXECUTION'
            """
        ).fetchall()
    assert differing == []
