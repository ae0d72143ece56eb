"""Affirmed by the cutoff or not: by counterparty and in all, and when the clocks change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from .desk import TRADE_DATE, Desk

INSERT_CONFIRMATION = """
insert into trade.confirmations (
    business_date, trade_id, version, symbol, quantity, price, confirmed_at, status, flags,
    batch_id, topic, partition, message_offset, recorded_at
) values (
    %(date)s, %(trade_id)s, 1, 'AAPL', 100, 190.50, now(), 'CONFIRMED', '{}', 1,
    'broker_confirmations', 0, 1, %(at)s
)
"""


def trade(desk: Desk, trade_id: str, confirmed: str | None, **terms: Any) -> None:
    """A trade, recorded in the afternoon, and its confirmation, which matches."""
    date = terms.get("business_date", TRADE_DATE)
    desk.book(trade_id, matched=confirmed is not None, **terms)
    if confirmed is not None:
        desk.connection.execute(
            INSERT_CONFIRMATION, {"date": date, "trade_id": trade_id, "at": confirmed}
        )


def test_the_later_of_the_two_records_affirms_until_the_cutoff(desk: Desk) -> None:
    """21:00 New York on trade date (DTCC, "90% Affirmation by 9 PM ET on Trade Date", 2024)."""
    trade(desk, "T1", "2026-10-15T01:00:00Z")
    trade(desk, "T2", "2026-10-15T01:00:00.000001Z")
    trade(desk, "T3", "2026-10-14T15:00:00Z")
    trade(desk, "T4", "2026-10-14T15:00:00Z", recorded_at="2026-10-15T03:00:00Z")
    trade(desk, "T5", None)
    trade(desk, "T6", "2026-10-14T15:00:00Z", symbol="ESZ6", asset_class="DERIVATIVE")
    cutoff = dt.datetime(2026, 10, 15, 1, tzinfo=dt.timezone.utc)
    found = desk.rows(
        "select trade_id, affirmed_at, is_in_time from settlement.affirmations"
        " where business_date = %s and cutoff_at = %s order by 1",
        TRADE_DATE,
        cutoff,
    )
    assert found == [
        ("T1", cutoff, True),
        ("T2", cutoff + dt.timedelta(microseconds=1), False),
        ("T3", desk.as_of, True),
        ("T4", cutoff + dt.timedelta(hours=2), False),
        ("T5", None, False),
    ]


@pytest.mark.parametrize(
    ("date", "cutoff"),
    [
        ("2026-10-30", "2026-10-31T01:00:00+00:00"),
        ("2026-11-02", "2026-11-03T02:00:00+00:00"),  # summer time ended on 1 November
        ("2026-03-06", "2026-03-07T02:00:00+00:00"),
        ("2026-03-09", "2026-03-10T01:00:00+00:00"),  # and began on 8 March
        ("2024-05-24", None),  # no cutoff on trade date was known before T+1
    ],
)
def test_the_cutoff_is_a_time_of_the_wall_clock(desk: Desk, date: str, cutoff: str | None) -> None:
    day = dt.date.fromisoformat(date)
    desk.connection.execute("select control.ensure_partitions(%s)", (day,))
    trade(desk, "T1", None, business_date=day)
    rows = desk.rows("select cutoff_at from settlement.affirmations where business_date = %s", day)
    assert [row[0].isoformat() for row in rows] == ([cutoff] if cutoff else [])


def test_rates_by_counterparty_and_in_all(desk: Desk) -> None:
    for number in range(10):
        confirmed = "2026-10-14T15:00:00Z" if number else "2026-10-15T09:00:00Z"
        trade(desk, f"A{number}", confirmed)
    trade(desk, "B1", None, counterparty_id="BRIAR")
    desk.book("B2", counterparty_id="BRIAR")
    desk.book("B2", counterparty_id="BRIAR", version=2, status="CANCELLED")
    found = desk.rows(
        "select counterparty_id, trade_count, affirmed_count, in_time_count, affirmation_rate,"
        " is_target_met from report.affirmation_rates(%s) where market_id = 'US' order by 1",
        TRADE_DATE,
    )
    assert found == [
        ("ALDER", 10, 10, 9, Decimal("0.9000"), True),
        ("BRIAR", 1, 0, 0, Decimal("0.0000"), False),
        (None, 11, 10, 9, Decimal("0.8182"), False),
    ]
