"""Books fills, corrects them, closes dates and reads the books, all in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from posttrade.books import build_books
from posttrade.capture import StepSequence
from tests.sql.scenario import Stage

MONDAY = dt.date(2026, 10, 12)
DAYS = tuple(MONDAY + dt.timedelta(days=number) for number in range(5))
EXECUTION: dict[str, Any] = {
    "version": 1,
    "feed": "executions",
    "source_id": "executions",
    "symbol": "AAPL",
    "asset_class": "EQUITY",
    "currency": "USD",
    "brokerage_fee": Decimal(0),
    "clearing_fee": Decimal(0),
    "exchange_fee": Decimal(0),
    "counterparty_id": "ALDER",
    "account": "HOUSE",
    "strategy": "NONE",
    "status": "EXECUTED",
    "flags": [],
    "batch_id": 1,
    "topic": "executions",
    "partition": 0,
    "recorded_at": dt.datetime(2026, 10, 20, tzinfo=dt.timezone.utc),
}


@dataclasses.dataclass
class Desk:
    """One desk on one connection; nothing is committed."""

    connection: psycopg.Connection[Any]
    next_offset: int = 0

    def book(self, trade_id: str, day: dt.date, side: str, quantity: Any, price: Any,
             **terms: Any) -> None:  # fmt: skip
        """One execution, at noon UTC unless ``executed_at`` says otherwise."""
        self.next_offset += 1
        noon = dt.datetime.combine(day, dt.time(12), dt.timezone.utc)
        quantity, price = Decimal(quantity), Decimal(price)
        row = {
            **EXECUTION,
            "business_date": day,
            "trade_id": trade_id,
            "side": side,
            "quantity": quantity,
            "price": price,
            "notional": quantity * price,
            "executed_at": noon,
            "settlement_date": day + dt.timedelta(days=1),
            "message_offset": self.next_offset,
            **terms,
        }
        Stage(self.connection).insert("trade.executions", row)

    def quarantine(self, trade_id: str) -> None:
        """Take every version of a trade away."""
        self.connection.execute("set local posttrade.records_leave to on")
        self.connection.execute("delete from trade.executions where trade_id = %s", (trade_id,))

    def mark(self, day: dt.date, price: Any, symbol: str = "AAPL", currency: str = "USD") -> None:
        """State a price; the newest one of a date counts."""
        self.next_offset += 1
        Stage(self.connection).insert(
            "market.marks",
            {
                "mark_kind": "FX" if len(symbol) == 6 and symbol.isalpha() else "PRICE",
                "symbol": symbol,
                "currency": currency,
                "tenor_days": 0,
                "mark_date": day,
                "source_id": "official_close",
                "observed_at": dt.datetime.combine(day, dt.time(20), dt.timezone.utc)
                + dt.timedelta(seconds=self.next_offset),
                "price": Decimal(price),
                "batch_id": 1,
                "topic": "marks",
                "partition": 0,
                "message_offset": self.next_offset,
            },
        )

    def close(self, *days: dt.date) -> None:
        """Build the books of dates."""
        for day in days:
            parameters = {"business_date": day, "run_id": "test"}
            build_books(StepSequence(self.connection, "end_of_day", parameters), day)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters).fetchall()

    def positions(self, day: dt.date, known_at: Any = "infinity") -> list[dict[str, Any]]:
        """Positions and P&L of a date, by symbol and book."""
        return self.rows(
            "select * from books.positions(%s, %s) order by account, strategy, symbol",
            day,
            known_at,
        )

    def lots(self, day: dt.date) -> list[tuple[Any, ...]]:
        """Trade, quantity and cost of each open lot."""
        rows = self.rows(
            "select * from books.open_lots(%s) order by account, strategy, symbol, lot_number", day
        )
        return [(row["trade_id"], row["quantity"], row["cost_amount"]) for row in rows]

    def set_method(self, method: str, since: str = "0001-01-01", account: str = "HOUSE") -> None:
        """Let a book take its cost by a method."""
        self.connection.execute(
            "insert into reference.book_rules"
            " (account, strategy, effective_from, cost_method, base_currency, unexplained_limit)"
            " values (%s, 'NONE', %s, %s, 'USD', 1)"
            " on conflict on constraint book_rules_pk"
            " do update set cost_method = excluded.cost_method",
            (account, since, method),
        )
