"""Trades that are to be netted, agreements, and what holds nets up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from .desk import NEXT_DAY, Desk

DAY = dt.timedelta(days=1)
MONDAY = NEXT_DAY + 4 * DAY
Leg = tuple[str, str, str | None, Decimal | None, str, Decimal]
STATES = "select trade_id, state, settled_on from settlement.trade_states order by trade_id"


def book(desk: Desk, trade_id: str, side: str, quantity: int, price: str, **more: Any) -> None:
    terms = {"side": side, "quantity": Decimal(quantity), "price": Decimal(price), **more}
    desk.book(trade_id, **terms)


def agree(desk: Desk, method: str, centre: str | None = None, **who: str) -> None:
    """An agreement before all others of the demo, for one counterparty or one market."""
    desk.connection.execute(
        "insert into reference.netting_agreements (agreement, method, netting_centre,"
        " counterparty_id, market_id, asset_class, currency, effective_from, source)"
        " values ('agreed', %s, %s, %s, %s, %s, %s, '2026-01-01', 'test')",
        (method, centre, *map(who.get, ("counterparty", "market", "asset_class", "currency"))),
    )


def mark(desk: Desk, date: dt.date, price: str) -> None:
    desk.connection.execute(
        "insert into books.marks values (%s, 'AAPL', 'USD', %s, 'last_execution')", (date, price)
    )


def hold(desk: Desk, account: str) -> None:
    """Nothing that is open between this account and a centre or party may settle."""
    desk.connection.execute(
        "insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)"
        " select instruction_id, settlement_date, 'said_a_person', 1"
        " from settlement.instruction_states"
        " where state not in ('SETTLED', 'CANCELLED') and %s in (account, counterparty_id)",
        (account,),
    )


def release(desk: Desk) -> None:
    desk.connection.execute(
        "update settlement.holds set released_act_id = 1000000 where cause = 'said_a_person'"
    )


def legs(desk: Desk, date: dt.date = NEXT_DAY, purpose: str = "NET") -> set[Leg]:
    """What is received, and paid, by account and against whom."""
    return set(
        desk.rows(
            "select account, counterparty_id, symbol, received_quantity, currency, paid_amount"
            " from settlement.net_legs"
            " where netted_on = %s and purpose = %s and state <> 'CANCELLED'",
            date,
            purpose,
        )
    )
