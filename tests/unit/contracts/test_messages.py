"""What a message becomes: a row with exact values, or a reject with its reason."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from posttrade.contracts.message import MESSAGE_BYTES_MAX, stated_version
from tests.unit.contracts.messages import EXECUTION, reason_of, row_of, text_of, with_number
from tests.unit.contracts.staging_rows import read_stored, stage


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "empty_message"),
        (b"", "empty_message"),
        (b" ", "not_json"),
        (b"hello", "not_json"),
        (b'{"trade_id": NaN}', "not_json"),
        (b'{"trade_id": -Infinity}', "not_json"),
        (b'{"trade_id": 01}', "not_json"),
        (b"\xff\xfe", "not_utf8"),
        (b'{"trade_id": "\xc3"}', "not_utf8"),
        (b"[1, 2]", "not_an_object"),
        (b"12", "not_an_object"),
        (b"[" * 100_000, "nested_too_deeply"),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "nested_too_deeply"),
        (b'{"trade_id": "T1", "trade_id": "T2"}', "duplicate_field"),
        (b" " * (MESSAGE_BYTES_MAX + 1), "message_too_large"),
        (b"{}", "missing_field"),
        (text_of(trade_id="a\tb"), "trade_id_not_an_identifier"),
        (text_of(trade_id="a\nb"), "trade_id_not_an_identifier"),
        (text_of(trade_id="T1\n"), "trade_id_not_an_identifier"),
        (text_of(trade_id="T1 "), "trade_id_not_an_identifier"),
        (text_of(trade_id="\u202eT1"), "trade_id_not_an_identifier"),
        (text_of(trade_id=-1), "wrong_type"),
        (text_of(trade_id=True), "wrong_type"),
        (text_of(trade_id="\0"), "nul_character"),
        (b'{"trade_id": "\\ud800"}', "lone_surrogate"),
        (text_of(symbol="<script>alert(1)</script>"), "symbol_not_an_identifier"),
        (text_of(symbol="=cmd()"), "symbol_not_an_identifier"),
        (text_of(symbol="+1"), "symbol_not_an_identifier"),
        (text_of(symbol="@x"), "symbol_not_an_identifier"),
        (text_of(symbol="a\\b"), "symbol_not_an_identifier"),
        (text_of(symbol="A" * 65), "text_too_long"),
        (text_of(quantity="100"), "wrong_type"),
        (text_of(quantity=None), "wrong_type"),
        (text_of(quantity=[1]), "wrong_type"),
        (text_of(quantity={"a": {}}), "wrong_type"),
        (text_of(quantity=True), "wrong_type"),
        (text_of(quantity=0), "quantity_not_positive"),
        (text_of(quantity=-0.0), "quantity_not_positive"),
        (text_of(quantity=-5), "quantity_not_positive"),
        (with_number("quantity", "1e400"), "number_out_of_range"),
        (with_number("quantity", "1e999999999"), "number_out_of_range"),
        (with_number("quantity", "1e99999999999999999999999"), "number_out_of_range"),
        (with_number("price", "0e999999999"), "number_out_of_range"),
        (with_number("price", "-1e18"), "number_out_of_range"),
        (with_number("price", "9" * 100_000), "number_out_of_range"),
        (with_number("price", "1e-11"), "number_too_precise"),
        (with_number("price", "1e-999999999"), "number_too_precise"),
        (with_number("price", "0.12345678901"), "number_too_precise"),
        (with_number("price", "0." + "1" * 100_000), "number_too_precise"),
        (text_of(side="buy"), "unknown_side"),
        (text_of(timestamp="2026-11-20"), "timestamp_unreadable"),
        (text_of(timestamp="2026-02-30T10:00:00"), "timestamp_unreadable"),
        (text_of(timestamp="2026-11-20T25:00:00"), "timestamp_unreadable"),
        (text_of(timestamp="2026-11-20T10:00:00+99:00"), "timestamp_unreadable"),
        (text_of(timestamp="0001-01-01T00:00:00+14:00"), "timestamp_unreadable"),
        (text_of(timestamp="2026-11-20T10:00:00.1234567Z"), "timestamp_too_precise"),
        (text_of(timestamp="2026-11-20T10:00:00.000000001+05:30"), "timestamp_too_precise"),
        (text_of(timestamp="2026-11-20T23:59:59.9999999Z"), "timestamp_too_precise"),
        (text_of(timestamp="0001-01-01T00:00:00"), "timestamp_out_of_range"),
        # in New York it is a day before every calendar
        (text_of(timestamp="1990-01-01T00:00:00Z"), "timestamp_out_of_range"),
        (text_of(timestamp="9999-12-31T23:59:59-14:00"), "timestamp_unreadable"),
        (text_of(timestamp=1795164806), "wrong_type"),
        (text_of(trade_date="2029-01-01"), "trade_date_out_of_range"),
        (text_of(trade_date="1989-12-31"), "trade_date_out_of_range"),
        (text_of(trade_date="20.11.2026"), "trade_date_unreadable"),
        (text_of(source="nobody"), "source_unknown"),
    ],
)
def test_what_breaks_the_contract_is_refused(payload: bytes | None, reason: str) -> None:
    assert reason_of(payload) == reason


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-11-20T14:30:00Z", "2026-11-20 14:30:00+00:00"),
        ("2026-11-20 14:30:00", "2026-11-20 14:30:00+00:00"),
        ("2026-11-20T14:30", "2026-11-20 14:30:00+00:00"),
        ("2026-11-20T14:30:00.123456+05:30", "2026-11-20 09:00:00.123456+00:00"),
        ("2026-11-20T14:30:00.123456000Z", "2026-11-20 14:30:00.123456+00:00"),
        ("2026-11-20T14:30:00.000000000000", "2026-11-20 14:30:00+00:00"),
        ("2026-11-20 14:30:00.5-0500", "2026-11-20 19:30:00.500000+00:00"),
        ("2026-11-20T14:30:00+14:59", "2026-11-19 23:31:00+00:00"),
        # the database takes no offset beyond 15:59
        ("2026-11-20T14:30:00+16:00", "2026-11-19 22:30:00+00:00"),
        ("2026-11-20T14:30:00-23:59", "2026-11-21 14:29:00+00:00"),
    ],
)
def test_instants_without_a_zone_are_utc(written: str, stored: str) -> None:
    found = row_of(text_of(timestamp=written))["executed_at"]
    assert read_stored(found) == dt.datetime.fromisoformat(stored)


@pytest.mark.parametrize(
    "number", ["150.50", "1E+2", "0.0000000001", "999999999999999999.9999999999", "-37.63", "1e-10"]
)
def test_numbers_are_stored_exactly(number: str) -> None:
    assert Decimal(row_of(with_number("price", number))["price"]) == Decimal(number)


def test_business_date_is_local_to_the_source() -> None:
    late = "2026-11-20T23:30:00-05:00"
    assert row_of(text_of(timestamp=late))["business_date"] == "2026-11-20"
    assert row_of(text_of(timestamp=late, source="mumbai"))["business_date"] == "2026-11-21"
    assert row_of(text_of(timestamp=late, trade_date="2026-11-19"))["business_date"] == "2026-11-19"
    # no instant: that of the message, 22:30 the day before in New York
    assert row_of(text_of())["business_date"] == "2026-11-20"


def test_reject_belongs_to_its_stated_date_or_else_its_instant() -> None:
    _, rejects = stage(
        "trades", [text_of(quantity=0, trade_date="2026-11-18"), text_of(quantity=0), b"?"]
    )
    assert [str(rejects[i].business_date) for i in range(3)] == [
        "2026-11-18",
        "2026-11-20",
        "2026-11-20",
    ]
    assert [rejects[i].trade_id for i in range(3)] == ["T1", "T1", None]


def test_absent_fields_are_filled_and_flagged() -> None:
    row = row_of(json.dumps(EXECUTION).encode(), "executions")
    assert (row["side"], row["flags"]) == ("BUY", "{side_not_stated}")
    assert (row["account"], row["strategy"]) == ("HOUSE", "NONE")
    assert (row["currency"], row["counterparty_id"]) == ("USD", "CP-E")
    assert (row["version"], row["status"], row["source_id"]) == ("1", "EXECUTED", "executions")
    row = row_of(
        json.dumps({**EXECUTION, "side": "SELL", "source": "mumbai"}).encode(), "executions"
    )
    assert (row["side"], row["flags"], row["currency"]) == ("SELL", "{}", "INR")


def test_confirmation_says_whether_its_date_is_stated() -> None:
    assert row_of(json.dumps(EXECUTION).encode(), "broker_confirmations")["is_date_stated"] == "f"
    dated = {**EXECUTION, "trade_date": "2026-11-19"}
    row = row_of(json.dumps(dated).encode(), "broker_confirmations")
    assert (row["is_date_stated"], row["business_date"]) == ("t", "2026-11-19")


def test_integer_trade_id_is_its_digits() -> None:
    assert row_of(text_of(trade_id=1))["trade_id"] == "1"
    assert row_of(text_of(trade_id=0))["trade_id"] == "0"
    assert reason_of(with_number("trade_id", "-0")) == "wrong_type"


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ('"credit limit (INR 5m) exceeded"', "credit limit (INR 5m) exceeded"),
        ('"=HYPERLINK(1)"', "=HYPERLINK(1)"),
        (r'"\\N"', r"\\N"),
        (r'"says \"no\"\ttoday\u0000\u202e\ud800"', 'says "no" today'),
        (json.dumps("व" * 200), "व" * 200),
        (json.dumps("x" * 100_000), "x" * 197 + "..."),
        ('" "', None),
        ("null", None),
        ("17", "17"),
        ('{"code": 4}', "{'code': '4'}"),
    ],
)
def test_no_reason_refuses_the_answer(reason: str, kept: str | None) -> None:
    payload = f'{{"order_id": "O1", "response": "REJECT", "reason": {reason}}}'.encode()
    row = row_of(payload, "Counter_party")
    assert (row["response"], row["reason"]) == ("REJECT", kept)


def test_version_travels_in_header_or_field() -> None:
    assert stated_version(None, b"{}") == 1
    assert stated_version(b"2", b'{"contract_version": 1}') == 2
    assert stated_version(None, b'{"contract_version": 2}') == 2
    assert stated_version(None, b'{"contract_version": "2"}') is None
    assert stated_version(b"\xff", b"{}") is None
    assert stated_version(None, b'{"contract_version": 2') == 1
    assert reason_of(text_of(), version=3) == "unknown_contract_version"
    assert reason_of(text_of(), version=None) == "unknown_contract_version"


@pytest.mark.parametrize("offset", ["+16:00", "-16:00", "+23:59", "-23:59", "+15:00"])
def test_no_offset_leaves_that_the_database_does_not_take(offset: str) -> None:
    row = row_of(text_of(timestamp=f"2026-11-20T14:30:00{offset}"))
    assert row["executed_at"].endswith("+00:00")
