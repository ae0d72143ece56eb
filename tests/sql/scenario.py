"""Messages as rows in staging, in batches, for tests of what happens to them afterwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

STAGING = {
    "executions": "executions",
    "trades": "executions",
    "broker_confirmations": "confirmations",
    "pnl_snapshot": "pnl_snapshots",
    "Trade_Order": "orders",
    "Counter_party": "order_responses",
    "marks": "marks",
    "settlement_statuses": "settlement_statuses",
    "custodian_positions": "statement_lines",
    "custodian_cash": "statement_lines",
}
RECEIVED_ON = dt.date(2026, 11, 20)
MESSAGE_AT = dt.datetime(2026, 11, 20, 15, tzinfo=dt.timezone.utc)
DEFAULTS: dict[str, dict[str, Any]] = {
    "executions": {
        "version": 1,
        "source_id": "executions",
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": Decimal(100),
        "price": Decimal("190.50"),
        "status": "EXECUTED",
    },
    "confirmations": {
        "version": 1,
        "is_date_stated": True,
        "symbol": "AAPL",
        "quantity": Decimal(100),
        "price": Decimal("190.50"),
        "status": "CONFIRMED",
    },
    "pnl_snapshots": {
        "version": 1,
        "is_date_stated": True,
        "pnl_impact": Decimal("19049.50"),
        "commission": Decimal("0.50"),
        "status": "BOOKED",
    },
    "orders": {
        "is_date_stated": True,
        "symbol": "SBI",
        "side": "BUY",
        "quantity": Decimal(100),
        "price": Decimal(985),
        "currency": "INR",
        "counterparty_id": "INDUS",
        "account": "HOUSE",
        "answer_form": "JSON",
        "source_id": "Trade_Order",
    },
    "order_responses": {
        "is_date_stated": True,
        "response": "CONFIRM",
        "source_id": "Counter_party",
    },
    "marks": {
        "is_date_stated": True,
        "symbol": "AAPL",
        "mark_kind": "PRICE",
        "tenor_days": 0,
        "price": Decimal("190.50"),
        "currency": "USD",
        "source_id": "official_close",
    },
    "settlement_statuses": {"status": "MATCHED"},
    "statement_lines": {
        "statement_id": "S1",
        "version": 1,
        "custodian_id": "NORTHBANK",
        "account": "EQ-PRIME",
        "line_number": 1,
        "line_count": 1,
    },
}
INSTANTS = {
    "executions": "executed_at",
    "confirmations": "confirmed_at",
    "orders": "ordered_at",
    "order_responses": "responded_at",
    "marks": "observed_at",
    "settlement_statuses": "status_at",
}
# deleting from a few rows is quicker than truncating; the append-only table knows no other way;
# accepted records leave only where the transaction says so
EMPTY = """
    set local posttrade.records_leave to on;
    delete from trade.executions; delete from trade.confirmations;
    delete from trade.pnl_snapshots; delete from trade.conflicts;
    delete from trade.unplaced_records; delete from trade.displaced_records;
    delete from recon.single_matches; delete from recon.match_sets;
    delete from recon.match_set_exceptions; delete from recon.breaks; delete from recon.pending;
    delete from staging.executions; delete from staging.confirmations;
    delete from staging.pnl_snapshots; delete from landing.batch_ranges;
    delete from landing.batches; delete from landing.message_blocks; delete from landing.rejects;
    delete from landing.duplicates; delete from control.date_totals;
    delete from control.date_offsets; delete from outbox.messages;
    delete from outbox.announcements;
    delete from books.stale_dates;
    truncate control.received_counts;
"""


@dataclasses.dataclass
class Stage:
    """Puts records into staging as if a drain had left them there, validated."""

    connection: psycopg.Connection[Any]
    next_offsets: dict[str, int] = dataclasses.field(default_factory=dict)

    def empty(self) -> None:
        """Take away every record; reference data stays."""
        self.connection.execute(EMPTY)

    def add_batch(self, feed: str, *records: dict[str, Any], batch_id: int | None = None) -> int:
        """One batch of one feed; gives its id, which is the next free one unless stated."""
        first = self.next_offsets.get(feed, 0)
        self.next_offsets[feed] = end = first + len(records)
        row = self.connection.execute(
            "insert into landing.batches"
            " (batch_id, feed, status, message_count, staged_count, reject_count, run_id)"
            " overriding system value values (coalesce(%s, nextval(pg_get_serial_sequence("
            "'landing.batches', 'batch_id'))), %s, 'VALIDATED', %s, %s, 0, 'test')"
            " returning batch_id",
            (batch_id, feed, len(records), len(records)),
        ).fetchone()
        assert row is not None
        self.connection.execute(
            "insert into landing.batch_ranges values (%s, %s, 0, %s, %s, %s)",
            (row[0], feed, first, end, len(records)),
        )
        for offset, record in enumerate(records, start=first):
            self._add(feed, row[0], offset, record)
        return int(row[0])

    def _add(self, feed: str, batch_id: int, offset: int, record: dict[str, Any]) -> None:
        place = {"topic": feed, "partition": 0, "message_offset": offset, "batch_id": batch_id}
        record = dict(record)
        payload = record.pop("payload", b"{}")
        block = {
            "topic": feed,
            "partition": 0,
            "first_offset": offset,
            "last_offset": offset,
            "batch_id": batch_id,
            "received_on": RECEIVED_ON,
            "message_count": 1,
            "message_ats": [record.get("message_at", MESSAGE_AT)],
            "message_keys": [record.pop("message_key", None)],
            "headers": [None],
            "payloads": [payload],
        }
        self.insert("landing.message_blocks", block)
        table = STAGING[feed]
        row = {**place, "feed": feed, "message_at": MESSAGE_AT, **DEFAULTS[table], **record}
        instant = INSTANTS.get(table)
        if instant is not None:
            noon = dt.datetime.combine(row["business_date"], dt.time(15), dt.timezone.utc)
            row.setdefault(instant, noon)
        self.insert(f"staging.{table}", row)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row, stating the columns that the row names."""
        self.connection.execute(
            sql.SQL("insert into {} ({}) overriding system value values ({})").format(
                sql.Identifier(*table.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            list(row.values()),
        )
