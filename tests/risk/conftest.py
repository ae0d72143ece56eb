"""A desk that trades, marks and closes days, and asks what risk was measured."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from posttrade import capture, close, risk
from posttrade.database import connect
from tests.sql.scenario import Stage

FRIDAY, MONDAY, TUESDAY = (dt.date(2026, 10, day) for day in (9, 12, 13))


@dataclasses.dataclass
class RiskDesk:
    """Works on a database of the test's own."""

    dsn: str
    connection: psycopg.Connection[Any]
    stage: Stage
    numbers: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def trade(self, date: dt.date, quantity: int, price: str, **terms: Any) -> None:
        """A trade; a negative quantity sells."""
        side = "BUY" if quantity > 0 else "SELL"
        values = {
            "trade_id": f"T{next(self.numbers)}",
            "business_date": date,
            "side": side,
            "quantity": abs(quantity),
            "price": Decimal(price),
            "counterparty_id": "ALDER",
            "account": "HOUSE",
            "strategy": "NONE",
            **terms,
        }
        batch_id = self.stage.add_batch("executions", values)
        self.connection.commit()
        capture.promote_batches(self.dsn, [batch_id], run_id="test")

    def mark(self, date: dt.date, price: str, symbol: str = "AAPL", currency: str = "USD") -> None:
        """An official mark; a later call for the same date corrects it."""
        number = next(self.numbers)
        kind = "FX" if len(symbol) == 6 and symbol.endswith(currency) else "PRICE"
        self.connection.execute(
            "insert into market.marks (mark_kind, symbol, currency, tenor_days, mark_date,"
            " source_id, observed_at, price, batch_id, topic, partition, message_offset)"
            " values (%s, %s, %s, 0, %s, 'official_close', now() + make_interval(secs => %s), %s,"
            " 1, 'marks', 9, %s)",
            (kind, symbol, currency, date, number, Decimal(price), number),
        )
        self.connection.commit()

    def close(self, *dates: dt.date) -> None:
        """Book and measure dates."""
        for date in dates:
            close.begin_close(self.dsn, date, run_id="test")
            close.reconcile_day(self.dsn, date, run_id="test")
            close.build_positions(self.dsn, date, run_id="test")
            risk.measure_risk(self.dsn, date, run_id="test")

    def change(self, query: str, *values: Any) -> None:
        self.connection.execute(query.encode(), values)
        self.connection.commit()

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        rows = self.connection.execute(query.encode(), values).fetchall()
        self.connection.commit()
        return rows

    def measure(
        self, date: dt.date, measure: str, subject: str, detail: str = ""
    ) -> tuple[Decimal | None, str | None] | None:
        """Amount and note of one measure; None where there is none."""
        rows = self.ask(
            "select amount, note from risk.current_measures where business_date = %s"
            " and measure = %s and subject = %s and detail = %s",
            date,
            measure,
            subject,
            detail,
        )
        assert len(rows) <= 1
        return rows[0] if rows else None

    def amount(self, date: dt.date, measure: str, subject: str, detail: str = "") -> Any:
        found = self.measure(date, measure, subject, detail)
        assert found is not None, f"no {measure} of {subject}"
        return found[0]


@pytest.fixture
def desk(trade_dsn: str) -> Iterator[RiskDesk]:
    with connect(trade_dsn) as connection:
        yield RiskDesk(trade_dsn, connection, Stage(connection))
