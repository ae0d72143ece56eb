"""A good record of each type, and for each rule the change that breaks it.

A rule of a suite without an entry here fails ``test_rules.py``: write the row that it must catch.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

SUITES = Path(__file__).resolve().parents[2] / "great_expectations" / "expectations"
TODAY = dt.datetime.now(dt.timezone.utc).date()
RECORD_TYPES = {
    "trades": "executions",
    "executions": "executions",
    "broker_confirmations": "confirmations",
    "pnl_snapshot": "pnl_snapshots",
}
# judged on their way in only: by the close they have settled
ORDER_TYPES = {"Trade_Order": "orders", "Counter_party": "order_responses"}
CUSTODY_TYPES = {
    "settlement_statuses": "settlement_statuses",
    "custodian_positions": "statement_lines",
    "custodian_cash": "statement_lines",
}
STAGED_TYPES = {**RECORD_TYPES, **ORDER_TYPES, **CUSTODY_TYPES, "marks": "marks"}
FIRST_STATUS = {"broker_confirmations": "CONFIRMED", "pnl_snapshot": "BOOKED"}
STATUS = {"executions": "EXECUTED", "confirmations": "CONFIRMED", "pnl_snapshots": "BOOKED"}
Row = dict[str, Any]


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def instant(date: dt.date, hour: int = 12) -> dt.datetime:
    return dt.datetime(date.year, date.month, date.day, hour, tzinfo=dt.timezone.utc)


def good_row(feed: str, date: dt.date) -> Row:
    """A record that breaks no rule; without the columns of its place."""
    if feed in ORDER_TYPES:
        return good_order_row(feed, date)
    if feed == "marks":
        return good_mark_row(date)
    if feed in CUSTODY_TYPES:
        return good_custody_row(feed, date)
    row: Row = {
        "topic": feed,
        "partition": 0,
        "business_date": date,
        "version": 1,
        "currency": "USD",
        "status": FIRST_STATUS.get(feed, "EXECUTED"),
    }
    terms = {
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": Decimal(100),
        "price": Decimal("150.25"),
        "counterparty_id": "ALDER",
        "account": "HOUSE",
        "settlement_date": date + days(1),
    }
    if feed == "pnl_snapshot":
        return {**row, "pnl_impact": Decimal("15024.50"), "commission": Decimal("0.50")}
    if feed == "broker_confirmations":
        return {**row, **terms, "confirmed_at": instant(date)}
    return {
        **row,
        **terms,
        "feed": feed,
        "source_id": feed,
        "asset_class": "EQUITY",
        "notional": Decimal(15025),
        "brokerage_fee": Decimal("1.00"),
        "clearing_fee": Decimal("0.50"),
        "exchange_fee": Decimal("0.25"),
        "venue": "XNYS",
        "strategy": "NONE",
        "executed_at": instant(date),
    }


def good_order_row(feed: str, date: dt.date) -> Row:
    """The same for the order path."""
    row: Row = {
        "topic": feed,
        "partition": 0,
        "business_date": date,
        "order_id": "O1",
        "counterparty_id": "INDUS",
        "source_id": feed,
    }
    if feed == "Counter_party":
        return {**row, "response": "CONFIRM", "reason": "in stock", "responded_at": instant(date)}
    return {
        **row,
        "symbol": "SBI",
        "side": "BUY",
        "quantity": Decimal(100),
        "price": Decimal(985),
        "currency": "INR",
        "account": "HOUSE",
        "answer_form": "JSON",
        "ordered_at": instant(date),
    }


def good_mark_row(date: dt.date) -> Row:
    """The same for a mark."""
    return {
        "topic": "marks",
        "partition": 0,
        "business_date": date,
        "symbol": "AAPL",
        "mark_kind": "PRICE",
        "tenor_days": 0,
        "price": Decimal("190.50"),
        "currency": "USD",
        "source_id": "official_close",
        "observed_at": instant(date),
    }


def good_custody_row(feed: str, date: dt.date) -> Row:
    """The same for what depositories and custodians say."""
    row: Row = {"topic": feed, "partition": 0, "business_date": date}
    if feed == "settlement_statuses":
        return {
            **row,
            "instruction_reference": "4711",
            "status": "PARTIALLY_SETTLED",
            "reason_code": "LACK",
            "settled_quantity": Decimal(40),
            "settled_amount": Decimal("7620.00"),
            "currency": "USD",
            "settled_on": date,
            "depository_id": "DTC",
            "status_at": instant(date),
        }
    is_cash = feed == "custodian_cash"
    return {
        **row,
        "statement_id": "S1",
        "version": 1,
        "custodian_id": "NORTHBANK",
        "account": "EQ-PRIME",
        "line_number": 1,
        "line_count": 2,
        "entry_type": "CLOSING" if is_cash else None,
        "asset": "USD" if is_cash else "AAPL",
        "amount": Decimal("-12.50"),
        "entry_reference": "4711" if is_cash else None,
    }


def custody_plants(feed: str, date: dt.date) -> dict[str, Row]:
    """Rule to the change that breaks it, for these."""
    if feed == "settlement_statuses":
        return {
            "text_too_long": {"instruction_reference": "1" * 65},
            "instruction_reference_not_well_formed": {"instruction_reference": "<script>"},
            "reason_code_not_well_formed": {"reason_code": "=1+1"},
            "depository_not_well_formed": {"depository_id": "@D"},
            "status_not_in_reference": {
                "status": "ON ITS WAY",
                "settled_quantity": None,
                "settled_amount": None,
                "settled_on": None,
            },
            "settled_terms_without_settlement": {"status": "MATCHED"},
            "settled_part_not_stated": {"settled_quantity": None, "settled_amount": None},
            "status_ahead_of_clock": {"status_at": instant(TODAY) + days(2)},
        }
    return {
        "text_too_long": {"statement_id": "S" * 65},
        "statement_id_not_well_formed": {"statement_id": "<b>"},
        "custodian_not_well_formed": {"custodian_id": "@N"},
        "line_beyond_line_count": {"line_number": 3},
        "amount_too_large": {"amount": Decimal(10) ** 15 + 1},
        "symbol_not_well_formed": {"asset": "=cmd()"},
        "symbol_not_in_reference": {"asset": "ZZZZ9"},
        "position_line_not_whole": {"amount": None},
        "currency_not_iso_4217": {"asset": "USX"},
        "reference_not_well_formed": {"entry_reference": "=1+1"},
        "entry_type_unknown": {"entry_type": "FEE"},
    }


def moved(feed: str, date: dt.date) -> Row:
    """The dates of a good record of another business date."""
    row = good_row(feed, date)
    names = (
        "business_date", "settlement_date", "executed_at", "confirmed_at", "ordered_at",
        "responded_at", "observed_at", "settled_on",
    )  # fmt: skip
    return {name: row[name] for name in names if name in row}


def terms(quantity: str, price: str, feed: str) -> Row:
    """Quantity and price with the notional that belongs to them."""
    row: Row = {"quantity": Decimal(quantity), "price": Decimal(price)}
    if STAGED_TYPES[feed] == "executions":
        row["notional"] = row["quantity"] * row["price"]
    return row


def row_plants(feed: str, date: dt.date) -> dict[str, Row]:
    """Rule to the change that breaks it, for rules that look at one record."""
    at = "confirmed_at" if feed == "broker_confirmations" else "executed_at"
    own = {"text_too_long": {"order_id": "O" * 65}} if feed in ORDER_TYPES else {}
    if feed == "marks":
        own = mark_plants()
    own = custody_plants(feed, date) if feed in CUSTODY_TYPES else own
    return {
        "order_id_not_well_formed": {"order_id": "<script>"},
        "response_unknown": {"response": "MAYBE"},
        "ordered_at_far_from_business_date": {"ordered_at": instant(date) + days(8)},
        "trade_id_not_well_formed": {"trade_id": "<script>"},
        "text_too_long": {"trade_id": "T" * 65},
        "version_out_of_range": {"version": 10_000},
        "symbol_not_well_formed": {"symbol": "=cmd()"},
        "isin_check_digit_wrong": {"symbol": "US0378331004"},
        "asset_class_unknown": {"asset_class": "CRYPTO"},
        "side_unknown": {"side": "HOLD"},
        "quantity_not_positive": terms("0", "150.25", feed),
        "quantity_too_large": terms("1000000000001", "1", feed),
        "price_not_positive": terms("100", "-0.01", feed),
        "price_too_large": terms("1", "1000000001", feed),
        "currency_not_iso_4217": {"currency": "USX"},
        "notional_not_quantity_times_price": {"notional": Decimal("15025.0101")},
        "fee_negative": {"clearing_fee": Decimal("-0.01")},
        "fees_above_notional": {"brokerage_fee": Decimal("15025.01")},
        "fees_high_against_notional": {"brokerage_fee": Decimal("751.00")},
        "counterparty_not_well_formed": {"counterparty_id": "<b>"},
        "venue_not_well_formed": {"venue": "=1+1"},
        "venue_not_a_mic": {"venue": "NASDAQ"},
        "account_not_well_formed": {"account": "@HOUSE"},
        "strategy_not_well_formed": {"strategy": " NONE"},
        "status_unknown": {"status": "PENDING"},
        "settlement_date_before_business_date": {"settlement_date": date - days(1)},
        "settlement_date_far_ahead": {"settlement_date": date + days(401)},
        "executed_at_far_from_business_date": {at: instant(date) + days(8)},
        "confirmed_at_far_from_business_date": {at: instant(date) - days(8)},
        "business_date_before_1990": moved(feed, dt.date(1989, 12, 29)),
        "business_date_too_far_ahead": moved(feed, TODAY + days(184)),
        "business_date_ahead_of_today": moved(feed, TODAY + days(2)),
        "business_date_long_before_message": moved(feed, TODAY - days(61)),
        "business_date_ahead_of_record": {"recorded_at": instant(date) - days(2)},
        "message_ahead_of_clock": {"message_at": instant(TODAY) + days(2)},
        "symbol_not_in_reference": {"symbol": "ZZZZ9"},
        "counterparty_not_in_reference": {"counterparty_id": "NOBODY"},
        "pnl_impact_too_large": {"pnl_impact": Decimal("-1000000000000.01")},
        "commission_negative": {"commission": Decimal("-0.01")},
        **own,
    }


def mark_plants() -> dict[str, Row]:
    """The same for what only marks have, or have otherwise."""
    return {
        "text_too_long": {"symbol": "S" * 65},
        "mark_kind_unknown": {"mark_kind": "GUESS"},
        "price_out_of_range": {"price": Decimal(1_000_000_001)},
        "price_not_above_nought": {"price": Decimal(0)},
        "source_not_in_policy": {"source_id": "a_friend"},
        "rate_not_of_a_pair": {"mark_kind": "FX", "symbol": "EURUSD", "price": Decimal(0)},
        "tenor_not_of_a_curve": {"tenor_days": 30},
        "currency_not_of_the_instrument": {"currency": "EUR"},
    }


def suite_rules(suite: str) -> dict[str, str]:
    """Rule to level, as the suite's file states them."""
    document = json.loads((SUITES / f"{suite}.json").read_text(encoding="utf-8"))
    rules = {each["meta"]["rule"]: each["meta"]["level"] for each in document["expectations"]}
    assert len(rules) == len(document["expectations"]), "a rule's name stands once in a suite"
    return rules
