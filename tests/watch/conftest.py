"""A trade database with breaks in it, and instants to decide by."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from posttrade.database import connect, run_step
from posttrade.watch import Round, run_round

if TYPE_CHECKING:
    from collections.abc import Iterable

DATE = dt.date(2026, 11, 19)
INSERT_BREAK = """
    insert into recon.breaks (
        business_date, trade_id, break_type, expected_value, actual_value, delta, exposure_amount,
        currency, counterparty_id, symbol, opened_run_id, opened_at
    )
    values (%s, %s, %s, '100', '90', -10, %s, %s, %s, 'AAPL', 'run', now())
"""
RESOLVE = """
    update recon.breaks
    set status = 'RESOLVED', resolved_at = now(), resolved_run_id = 'later',
        resolved_reason = 'later_record_agrees'
    where trade_id = any(%s)
"""


@dataclasses.dataclass
class Books:
    """The trade database as a watch sees it."""

    dsn: str
    kafka_config: dict[str, Any]

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self.dsn) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def open_breaks(
        self,
        trade_ids: Iterable[str],
        break_type: str = "quantity_mismatch",
        amount: str = "1000.50",
        currency: str = "USD",
        counterparty: str = "ALDER",
        date: dt.date = DATE,
    ) -> None:
        with connect(self.dsn) as connection:
            connection.execute("select control.ensure_partitions(%s)", (date,))
            connection.cursor().executemany(
                INSERT_BREAK.encode(),
                [
                    (date, trade_id, break_type, Decimal(amount), currency, counterparty)
                    for trade_id in trade_ids
                ],
            )

    def resolve(self, *trade_ids: str) -> None:
        self.run(RESOLVE, list(trade_ids))

    def look(self, seconds_later: float = 60) -> Round:
        moment = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds_later)
        return run_round(self.dsn, self.kafka_config, as_of=moment)

    def find(self, step: str, **parameters: Any) -> int:
        with connect(self.dsn) as connection:
            return run_step(connection, f"watch/{step}", parameters).rows_out

    def alerts(self) -> list[tuple[Any, ...]]:
        return self.run("select kind, item_count, facts from control.alerts order by alert_id")


@pytest.fixture
def books(trade_dsn: str, embedded_broker: str) -> Books:
    return Books(trade_dsn, {"bootstrap.servers": embedded_broker, "group.id": "watch"})
