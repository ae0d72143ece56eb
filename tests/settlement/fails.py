"""Trades that fail, and what is charged and stated of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from posttrade.settlement import charge_penalties, state_penalties

from .desk import Desk

# EU, T+2
DUE = dt.date(2026, 10, 16)
MONDAY = dt.date(2026, 10, 19)
TUESDAY = dt.date(2026, 10, 20)
STATED = dt.date(2026, 11, 16)
PAID = dt.date(2026, 11, 24)


def mark(desk: Desk, symbol: str, date: dt.date, price: str, currency: str = "EUR") -> None:
    desk.connection.execute(
        "insert into books.marks values (%s, %s, %s, %s, 'last_execution')"
        " on conflict (business_date, symbol, currency) do update set mark_price = %s",
        (date, symbol, currency, Decimal(price), Decimal(price)),
    )


def fail(desk: Desk, trade_id: str, cause: str | None = None, **terms: Any) -> None:
    """A trade that will not settle: for lack of securities, or for a stated cause."""
    desk.book(
        trade_id,
        **{
            "side": "SELL",
            "symbol": "SAP.DE",
            "currency": "EUR",
            "settlement_date": DUE,
            "quantity": Decimal(1000),
            "price": Decimal(150),
            **terms,
        },
    )
    desk.follow()
    if cause is not None:
        desk.rows(
            "insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)"
            " select instruction_id, settlement_date, %s, act_id from settlement.instructions"
            " where subject_id = %s returning 1",
            cause,
            trade_id,
        )


def charge(desk: Desk, date: dt.date) -> tuple[int, int]:
    """What failed on a date: its marks are there when the next weekday is settled."""
    following = date + dt.timedelta(days=3 if date.weekday() == 4 else 1)
    counts = charge_penalties(
        desk.dsn, following, run_id=f"{date}", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def state(desk: Desk, date: dt.date, folder: Path | None = None) -> tuple[int, int]:
    counts = state_penalties(
        desk.dsn, date, folder, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def charged(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select penalty_date, payer, type_of_fail, amount from settlement.current_penalties"
        " order by instruction_id, penalty_date"
    )
