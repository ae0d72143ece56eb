"""Reference data: loaded once, and true to the standards of its identifiers."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from posttrade.business_calendar import BusinessCalendar
from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.reference_data import COPIES, REFERENCE_DATA, load_reference_data

LEI_LENGTH = 20


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _digits(text: str) -> str:
    return "".join(str(int(character, 36)) for character in text)


def _is_isin(text: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(_digits(text))):
        doubled = int(digit) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return len(text) == 12 and total % 10 == 0


def test_check_digits() -> None:
    parties = [row for row in _rows("counterparties.csv") if row["lei"]]
    assert len(parties) >= 10
    for row in parties:
        assert len(row["lei"]) == LEI_LENGTH
        assert int(_digits(row["lei"])) % 97 == 1, row
    instruments = _rows("instruments.csv")
    assert len(instruments) >= 40
    assert len({row["asset_class"] for row in instruments}) == 5
    assert all(_is_isin(row["isin"]) for row in instruments if row["isin"])


def test_every_market_has_a_cycle_for_every_asset_class() -> None:
    cycles = {(row["market_id"], row["asset_class"]) for row in _rows("settlement_cycles.csv")}
    classes = ("EQUITY", "BOND", "DERIVATIVE", "FX", "COMMODITY")
    assert cycles == {(row["market_id"], c) for row in _rows("markets.csv") for c in classes}


def test_loading_again_does_nothing(trade_connection: psycopg.Connection[Any]) -> None:
    assert load_reference_data(trade_connection) == StepCounts(0, 0)


def test_a_changed_row_is_changed(
    trade_connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    for name in COPIES:
        shutil.copy(REFERENCE_DATA / name, tmp_path)
    file = tmp_path / "counterparties.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Alder Street Securities", "Alder & Sons"), encoding="utf-8")
    counts = load_reference_data(trade_connection, folder=tmp_path)
    assert counts.rows_out == 1
    row = trade_connection.execute(
        "select counterparty_name from reference.counterparties where counterparty_id = 'ALDER'"
    ).fetchone()
    assert row == ("Alder & Sons",)


def test_a_file_of_another_shape_is_refused(
    trade_connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    for name in COPIES:
        shutil.copy(REFERENCE_DATA / name, tmp_path)
    (tmp_path / "sources.csv").write_text("source_id,zone\nx,UTC\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sources\.csv cannot be loaded"):
        load_reference_data(trade_connection, folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        (
            "custodian_accounts.csv",
            "ACME,HOUSE,POSITIONS,XNYS,2026-01-01,",
            r", line 2: \"ACME,HOUSE,POSITIONS.*expected statement_kind in \('POSITION', 'CASH'\)",
        ),
        (
            "opening_holdings.csv",
            "HOUSE,POSITION,AAPL,2026-01-01,1,0,word",
            r", line 2: .*expected asset_kind in \('SECURITY', 'CASH'\)",
        ),
        (
            "opening_holdings.csv",
            "HOUSE,CASH,USD,2026-13-01,1,0,word",
            r", line 2, column effective_",
        ),
        ("opening_holdings.csv", "HOUSE,CASH,USD,2026-01-01,,0,word", r", line 2: null value"),
        ("instruments.csv", "NEW,New,EQUITY,USD,MOON,,", r", line \d+: .*MOON"),
        ("settlement_methods.csv", "EQUITY,*,PVP", r", line 8: .*EQUITY, \*\) already exists"),
        ("settlement_methods.csv", "EQUITY,UK,CASH", r", line 8: .*expected method in \('DVP'"),
    ],
)
def test_a_wrong_word_is_told_with_its_line(
    trade_connection: psycopg.Connection[Any], tmp_path: Path, name: str, line: str, found: str
) -> None:
    for own in COPIES:
        shutil.copy(REFERENCE_DATA / own, tmp_path)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(ConfigurationError, match=rf"{name}(?s:.*){found}") as told:
        load_reference_data(trade_connection, folder=tmp_path)
    assert "pg_temp" not in str(told.value)


@pytest.mark.parametrize(
    ("market_id", "traded", "settles"),
    [
        ("US", "2024-05-24", "2024-05-29"),  # the last T+2 Friday, over Memorial Day
        ("US", "2024-05-28", "2024-05-29"),  # the first T+1 day
        ("US", "2026-10-09", "2026-10-13"),  # over Columbus Day
        ("US", "2026-11-21", "2026-11-23"),  # a Saturday
        ("EU", "2027-10-08", "2027-10-12"),  # the last T+2 day
        ("EU", "2027-10-11", "2027-10-12"),  # the first T+1 day
        ("INDIA", "2026-11-20", "2026-11-23"),
        ("FX_USDCAD", "2026-11-20", "2026-11-23"),
    ],
)
def test_settlement_dates(
    trade_connection: psycopg.Connection[Any], market_id: str, traded: str, settles: str
) -> None:
    row = trade_connection.execute(
        "select settlement_date from reference.settlement_dates(array[%s::date])"
        " where market_id = %s and asset_class = 'EQUITY'",
        (traded, market_id),
    ).fetchone()
    assert row == (dt.date.fromisoformat(settles),)


def test_ordinals_count_business_days(trade_connection: psycopg.Connection[Any]) -> None:
    calendar = BusinessCalendar.load("US_SETTLEMENT")
    rows = trade_connection.execute(
        "select calendar_date from reference.calendar_days where calendar_id = 'US_SETTLEMENT'"
        " and is_business_day order by business_day_ordinal"
    ).fetchall()
    assert tuple(row[0] for row in rows) == calendar.days


@pytest.mark.parametrize(("start", "days"), [("2026-11-20", 7), ("2026-11-21", 6)])
def test_weekdays_stand_in_for_calendars(
    trade_connection: psycopg.Connection[Any], start: str, days: int
) -> None:
    rows = trade_connection.execute(
        "select n, reference.add_weekdays(%s::date, n) from generate_series(0, %s) as n",
        (start, days),
    ).fetchall()
    weekdays = BusinessCalendar.load("WEEKDAYS")
    friday = dt.date(2026, 11, 20)
    assert dict(rows) == {n: weekdays.add_business_days(friday, n) for n in range(days + 1)}


def _load_fees(connection: psycopg.Connection[Any], folder: Path, *lines: str) -> StepCounts:
    for name in COPIES:
        shutil.copy(REFERENCE_DATA / name, folder)
    with (folder / "fee_rates.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return load_reference_data(connection, folder=folder)


BROKERAGE = "BROKERAGE,,brokerage_fee,US,EQUITY,ALDER,,USD"
TERMS = "TRADE_DATE,NOTIONAL,0.0002,1,,HALF_UP,2,true,agreed"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            [f"{BROKERAGE},,2026-01-01,,{TERMS}", f"{BROKERAGE},BUY,2027-01-01,,{TERMS}"],
            "two rates",
        ),
        (
            [
                f"{BROKERAGE},,2026-01-01,2026-06-01,{TERMS}",
                f"{BROKERAGE},,2026-06-01,,{TERMS}".replace("TRADE_DATE", "SETTLEMENT_DATE"),
            ],
            "two rates",
        ),
        ([f"{BROKERAGE},,2026-01-01,2025-01-01,{TERMS}"], "fee_rates_span"),
        ([f"{BROKERAGE},,2026-01-01,,{TERMS}".replace("USD", "")], "amounts_have_currency"),
        ([f"{BROKERAGE},,2026-01-01,,{TERMS}".replace("agreed", "")], "null value in column"),
    ],
)
def test_fee_rates_that_say_nothing_certain_are_refused(
    trade_connection: psycopg.Connection[Any], tmp_path: Path, lines: list[str], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        _load_fees(trade_connection, tmp_path, *lines)


def test_fee_rates_may_follow_and_refine_one_another(
    trade_connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    counts = _load_fees(
        trade_connection,
        tmp_path,
        f"{BROKERAGE},,2026-01-01,2026-06-01,{TERMS}",
        f"{BROKERAGE},BUY,2026-06-01,,{TERMS}",
        f"{BROKERAGE},SELL,2026-06-01,,{TERMS}",
    )
    assert counts.rows_out == 3


def test_every_fee_rate_has_its_source() -> None:
    rows = _rows("fee_rates.csv") + _rows("affirmation_cutoffs.csv")
    assert len(rows) > 30
    assert all(len(row["source"]) > 10 for row in rows)
