"""What depositories say of instructions, and the breaks that it makes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from posttrade.settlement import apply_statuses

from .desk import Desk

DAY = dt.timedelta(days=1)
NOON = dt.datetime(2026, 10, 15, 12, tzinfo=dt.timezone.utc)
INSERT = """
insert into settlement.statuses (
    topic, partition, message_offset, batch_id, business_date, instruction_reference, status,
    reason_code, settled_quantity, settled_amount, currency, settled_on, status_at, flags,
    message_at, recorded_at
) values (
    'settlement_statuses', 0, %(offset)s, 1, %(date)s, %(reference)s, %(status)s, %(reason)s,
    %(quantity)s, %(amount)s, %(currency)s, %(settled_on)s, %(at)s, '{}', %(at)s, now()
)
"""
OPEN = """
insert into settlement.open_statuses values (%s, true)
on conflict (instruction_reference) do update set is_new = true
"""
DRIVEN = """
insert into reference.settlement_drivers values ('US', '2026-10-01', 'DEPOSITORY', 'statuses come')
"""


def instruct(desk: Desk, trade_id: str = "T1", **terms: Any) -> str:
    """A matched trade's instruction; gives its reference."""
    desk.book(trade_id, **terms)
    desk.follow()
    row = desk.rows(
        "select max(instruction_id) from settlement.instructions where subject_id = %s", trade_id
    )
    return str(row[0][0])


def say(desk: Desk, reference: str, status: str, minute: int, **terms: Any) -> None:
    """A status as the promotion leaves it, true since so many minutes after noon."""
    desk.offset += 1
    at = NOON + dt.timedelta(minutes=minute)
    row = {"reason": None, "quantity": None, "amount": None, "currency": None, "settled_on": None}
    row |= {"offset": desk.offset, "reference": reference, "status": status, "at": at}
    desk.connection.execute(INSERT, {**row, "date": at.date(), **terms})
    desk.connection.execute(OPEN, (reference,))


def listen(desk: Desk, date: dt.date | None = None) -> tuple[int, int]:
    counts = apply_statuses(
        desk.dsn, date, run_id="test", as_of=desk.as_of, connection=desk.connection
    )
    return counts.rows_in, counts.rows_out


def breaks(desk: Desk, status: str = "OPEN") -> list[tuple[Any, ...]]:
    return desk.rows(
        "select break_type, expected_value, actual_value from settlement.breaks"
        " where subject_kind = 'INSTRUCTION' and break_type <> 'settlement_fail' and status = %s"
        " order by 1",
        status,
    )
