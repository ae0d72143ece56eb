"""A desk for tests: trades come in, match, are instructed and settle, all in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg

from posttrade.database import run_step
from posttrade.settlement import allocate_blocks, instruct_day, net_due, settle_batches, settle_due

TRADE_DATE = dt.date(2026, 10, 14)
NEXT_DAY = dt.date(2026, 10, 15)
AS_OF = dt.datetime(2026, 10, 14, 20, tzinfo=dt.timezone.utc)
EXECUTION = {
    "feed": "executions",
    "source_id": "executions",
    "asset_class": "EQUITY",
    "brokerage_fee": 0,
    "clearing_fee": 0,
    "exchange_fee": 0,
    "counterparty_id": "ALDER",
    "account": "EQ-PRIME",
    "strategy": "MOMENTUM",
    "flags": [],
    "batch_id": 1,
    "topic": "executions",
    "partition": 0,
    "recorded_at": AS_OF,
    "executed_at": AS_OF,
}
INSERT_EXECUTION = """
insert into trade.executions (
    business_date, trade_id, version, feed, source_id, symbol, asset_class, side, quantity, price,
    currency, notional, brokerage_fee, clearing_fee, exchange_fee, counterparty_id, account,
    strategy, executed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
) values (
    %(business_date)s, %(trade_id)s, %(version)s, %(feed)s, %(source_id)s, %(symbol)s,
    %(asset_class)s, %(side)s, %(quantity)s, %(price)s, %(currency)s, %(notional)s,
    %(brokerage_fee)s, %(clearing_fee)s, %(exchange_fee)s, %(counterparty_id)s, %(account)s,
    %(strategy)s, %(executed_at)s, %(settlement_date)s, %(status)s, %(flags)s, %(batch_id)s,
    %(topic)s, %(partition)s, %(message_offset)s, %(recorded_at)s
)
"""
INSERT_MATCH = """
insert into recon.matches (
    business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version, run_id,
    matched_at
) values (%(business_date)s, %(trade_id)s, %(version)s, 1, 1, 'test', %(as_of)s)
"""


@dataclasses.dataclass
class Desk:
    """What happens to trades, as the capture leaves it; settlement is the product's own."""

    connection: psycopg.Connection[Any]
    dsn: str
    offset: int = 0
    as_of: dt.datetime = AS_OF

    def book(self, trade_id: str, *, matched: bool = True, **terms: Any) -> None:
        """One version of a trade, matched unless said otherwise; notes it as touched."""
        self.offset += 1
        row: dict[str, Any] = {
            **EXECUTION,
            "business_date": TRADE_DATE,
            "trade_id": trade_id,
            "version": 1,
            "symbol": "AAPL",
            "side": "BUY",
            "quantity": Decimal(100),
            "price": Decimal("190.50"),
            "currency": "USD",
            "settlement_date": NEXT_DAY,
            "status": "EXECUTED",
            "message_offset": self.offset,
            **terms,
        }
        row["notional"] = row["quantity"] * row["price"]
        self.connection.execute(INSERT_EXECUTION, row)
        self.unmatch(trade_id, row["business_date"])
        if matched and row["status"] != "CANCELLED":
            self.match(trade_id, row["version"], row["business_date"])

    def match(self, trade_id: str, version: int = 1, date: dt.date = TRADE_DATE) -> None:
        """The reconciliation finds that the trade agrees."""
        self._touch(trade_id, date)
        self.connection.execute(
            INSERT_MATCH,
            {
                "business_date": date,
                "trade_id": trade_id,
                "version": version,
                "as_of": self.as_of,
            },
        )

    def unmatch(self, trade_id: str, date: dt.date = TRADE_DATE) -> None:
        """The reconciliation finds that it agrees no longer."""
        self._touch(trade_id, date)
        self.connection.execute(
            "delete from recon.matches where business_date = %s and trade_id = %s", (date, trade_id)
        )

    def follow(self) -> tuple[int, int]:
        """Near real time: what was touched; gives trades looked at and instructions made."""
        counts = settle_batches(
            self.dsn, [], run_id="test", as_of=self.as_of, connection=self.connection
        )
        return counts.rows_in, counts.rows_out

    def close(self, date: dt.date = TRADE_DATE) -> tuple[int, int]:
        """The whole date."""
        counts = instruct_day(
            self.dsn, date, run_id="test", as_of=self.as_of, connection=self.connection
        )
        return counts.rows_in, counts.rows_out

    def allocate(self, date: dt.date = NEXT_DAY) -> tuple[int, int]:
        """Blocks; gives blocks looked at and parts made."""
        counts = allocate_blocks(
            self.dsn, date, run_id="test", as_of=self.as_of, connection=self.connection
        )
        return counts.rows_in, counts.rows_out

    def net(self, date: dt.date = NEXT_DAY) -> tuple[int, int]:
        """What is due; gives instructions netted and legs made."""
        counts = net_due(
            self.dsn, date, run_id="test", as_of=self.as_of, connection=self.connection
        )
        return counts.rows_in, counts.rows_out

    def settle(self, date: dt.date = NEXT_DAY) -> tuple[int, int]:
        """What is due; gives instructions due and settled."""
        counts = settle_due(
            self.dsn, date, run_id="test", as_of=self.as_of, connection=self.connection
        )
        return counts.rows_in, counts.rows_out

    def give(
        self,
        asset: str,
        quantity: str,
        *,
        kind: str = "SECURITY",
        credit: int = 0,
        since: dt.date = TRADE_DATE,
    ) -> None:
        """What the house account holds at the beginning of a day: from then on it is controlled."""
        self.connection.execute(
            "insert into reference.opening_holdings values"
            " ('EQ-PRIME', %s, %s, %s, %s, %s, 'test')",
            (kind, asset, since, Decimal(quantity), credit),
        )

    def allow_parts(
        self, minimum: str | None, counterparty_id: str = "*", priority: int = 5
    ) -> None:
        """The rule for parts; None: no parts."""
        self.connection.execute(
            "insert into reference.partial_settlement_rules values"
            " (%s, 'US', '2026-01-01', %s, %s, %s, 'test')",
            (counterparty_id, minimum is not None, Decimal(minimum or 1), priority),
        )

    def parts(self) -> dict[str, list[tuple[Decimal | None, Decimal | None]]]:
        """Quantity and amount of each settled part, by trade."""
        found: dict[str, list[tuple[Decimal | None, Decimal | None]]] = {}
        for trade_id, quantity, amount in self.rows(
            "select i.subject_id, e.quantity, e.amount from settlement.events as e"
            " join settlement.instructions as i using (instruction_id, settlement_date)"
            " where e.kind = 'SETTLEMENT' order by i.subject_id, e.sequence"
        ):
            found.setdefault(trade_id, []).append((quantity, amount))
        return found

    def fails(self, date: dt.date = NEXT_DAY) -> list[tuple[Any, ...]]:
        """Trade, reason, open quantity and amount, age and bucket of what fails on a date."""
        return self.rows(
            "select subject_id, reason, open_quantity, open_amount, age_business_days, age_bucket"
            " from settlement.fails where as_of_date = %s order by 1",
            date,
        )

    def step(self, name: str, **parameters: Any) -> tuple[int, int]:
        """One SQL step."""
        counts = run_step(self.connection, name, parameters)
        return counts.rows_in, counts.rows_out

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self.connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def states(self) -> dict[str, str]:
        """State of the newest instruction of each trade."""
        return dict(
            self.rows(
                "select distinct on (subject_id) subject_id, state"
                " from settlement.instruction_states"
                " order by subject_id, subject_version desc"
            )
        )

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What each account holds of each instrument and currency; zeros left out."""
        return {
            (account, asset): amount
            for account, asset, amount in self.rows(
                "select a.account_name, l.asset, sum(l.amount) from settlement.ledger_entries as l"
                " join settlement.accounts as a using (account_id) group by 1, 2"
                " having sum(l.amount) <> 0"
            )
        }

    def _touch(self, trade_id: str, date: dt.date) -> None:
        self.connection.execute(
            "insert into settlement.touched_trades (business_date, trade_id) values (%s, %s)",
            (date, trade_id),
        )
