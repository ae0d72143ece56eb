"""A close: totals that fail when they should, and positions that agree over days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from posttrade import close
from posttrade.capture_progress import describe_stopped_batches
from posttrade.database import connect, run_step
from posttrade.errors import GateFailed

from .day import (
    ACCEPTED_FEEDS,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    ask,
    close_dates,
    make_trade,
    run_batches,
)
from .scenario import Stage


@pytest.mark.parametrize(
    "damage",
    [
        "set local posttrade.records_leave to on; delete from trade.executions",
        "set local posttrade.records_leave to on; delete from trade.confirmations",
        # one that stands alone, which the comparison does not look for where the numbers agree
        "; ".join(
            (
                "create temporary table more as select * from trade.pnl_snapshots limit 1",
                "update more set trade_id = 'lone'",
                "insert into trade.pnl_snapshots select * from more",
            )
        ),
        "delete from landing.message_blocks where topic = 'pnl_snapshot'",
        "insert into landing.duplicates values ('x', 0, 9, 'executions', 1, '2026-10-14', '9', 1)",
    ],
)
def test_totals_fail_when_rows_are_changed_by_hand(
    trade_dsn: str, stage: Stage, damage: str
) -> None:
    records = [make_trade("1", WEDNESDAY), make_trade("2", WEDNESDAY)]
    run_batches(trade_dsn, stage, *((feed, records) for feed in ACCEPTED_FEEDS))
    close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")
    with connect(trade_dsn) as connection:
        connection.execute(damage.encode())
    with pytest.raises(GateFailed, match="do not add up"):
        close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")


def test_positions_and_cash_agree_over_days(trade_dsn: str, stage: Stage) -> None:
    """price P&L = cash flow + position x mark, and days add up to the time since the start."""
    fills = {
        TUESDAY: [("BUY", 10, "2.50"), ("SELL", 4, "3.00")],
        WEDNESDAY: [("SELL", 9, "2.00")],
        THURSDAY: [("BUY", 3, "1.25")],
    }
    for number, (date, rows) in enumerate(fills.items()):
        run_batches(
            trade_dsn,
            stage,
            (
                "executions",
                [
                    make_trade(
                        f"{number}-{i}",
                        date,
                        side=side,
                        quantity=quantity,
                        price=Decimal(price),
                        brokerage_fee=Decimal("0.10"),
                        executed_at=dt.datetime.combine(date, dt.time(15, i), dt.timezone.utc),
                    )
                    for i, (side, quantity, price) in enumerate(rows)
                ],
            ),
        )
    for _ in range(2):
        close_dates(trade_dsn, *fills)
    columns = "closing_quantity, mark_price, cash_flow_amount, day_pnl_amount, pnl_to_date_amount"
    found = [
        ask(trade_dsn, f"select {columns}, fee_to_date_amount from books.positions('{date}')")[0]  # noqa: S608
        for date in fills
    ]
    assert found == [
        (6, Decimal("3.00"), -13, 5, 5, Decimal("0.20")),
        (-3, Decimal("2.00"), 18, -6, -1, Decimal("0.30")),
        (0, Decimal("1.25"), Decimal("-3.75"), Decimal("2.25"), Decimal("1.25"), Decimal("0.40")),
    ]


def test_rejects_of_a_batch_on_its_way_are_not_counted_yet(trade_dsn: str, stage: Stage) -> None:
    """Else a message that arrives during a close makes the date look wrong."""
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", WEDNESDAY)]))
    with connect(trade_dsn) as connection:
        connection.execute(
            "insert into landing.batches"
            " (batch_id, feed, status, message_count, staged_count, reject_count, run_id)"
            " overriding system value values (99, 'executions', 'DRAINED', 1, 0, 1, 'test')"
        )
        connection.execute("insert into landing.batch_ranges values (99, 'executions', 0, 1, 2, 1)")
        connection.execute(
            "insert into landing.rejects"
            " (feed, topic, partition, message_offset, batch_id, business_date, stage, reason,"
            " detail) values ('executions', 'executions', 0, 1, 99, %s, 'contract', 'not_json',"
            " '-')",
            (WEDNESDAY,),
        )
    for status, said in (("DRAINED", 0), ("STOPPED", 1)):
        with connect(trade_dsn) as connection:
            connection.execute(
                "update landing.batches set status = %s where batch_id = 99", (status,)
            )
        with connect(trade_dsn) as connection:
            connection.execute("select set_config('gx.business_date', '2026-10-14', true)")
            totals = connection.execute("select sum(unaccounted_count) from quality.day_totals")
            assert totals.fetchone() == (0,)
        assert ask(trade_dsn, "select from control.rejects") == []
        close.count_control_totals(trade_dsn, WEDNESDAY, run_id="test")
        assert len(describe_stopped_batches(trade_dsn, WEDNESDAY)) == said


def test_a_late_trade_of_a_closed_date_is_in_later_positions(trade_dsn: str, stage: Stage) -> None:
    run_batches(trade_dsn, stage, ("executions", [make_trade("1", TUESDAY)]))
    close_dates(trade_dsn, TUESDAY, WEDNESDAY)
    run_batches(
        trade_dsn,
        stage,
        ("executions", [make_trade("LATE", TUESDAY, quantity=7), make_trade("2", THURSDAY)]),
    )
    run_batches(
        trade_dsn, stage, ("executions", [make_trade("1", TUESDAY, version=2, quantity=99)])
    )
    assert ask(trade_dsn, "select business_date from books.stale_dates") == [(TUESDAY,)]
    close_dates(trade_dsn, THURSDAY)
    position = "select opening_quantity, closing_quantity from books.positions('2026-10-15')"
    assert ask(trade_dsn, position) == [(106, 206)]
    assert ask(trade_dsn, "select from books.stale_dates") == []

    finding = {"topic": "executions", "partition": 0, "message_offset": 1}
    finding.update(reason="price_not_finite", detail="-")
    with connect(trade_dsn) as connection:
        parameters = {"business_date": TUESDAY, "findings": Jsonb([finding])}
        run_step(connection, "quality/quarantine_records", parameters)
    close.build_positions(trade_dsn, THURSDAY, run_id="test")
    assert ask(trade_dsn, position) == [(99, 199)]
