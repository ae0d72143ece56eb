"""Blocks settle in the accounts to which they are allocated.

A block is a trade of a block account (``reference.block_accounts``). Its allocation says how much
of it is whose, and comes as a file; what a later file says of a block replaces what stood.
Allocated in whole, each account gets its part at the block's price; before that nothing of it
settles. What is allocated anew is taken back and booked anew, also after it settled.
"""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.settlement.work import SettlementWork, open_work, record
from posttrade.statements import read_statement

ALLOCATED_CAUSE = "block_is_allocated"
COLUMNS = ("trade_date", "trade_id", "account", "quantity")
COMPLAINTS_MAX = 5


class Part(NamedTuple):
    """One line of a file of allocations."""

    business_date: dt.date
    trade_id: str
    account: str
    quantity: Decimal
    line: int


def load_allocations(
    dsn: str,
    path: Path,
    *,
    run_id: str,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Store a file of allocations: CSV with columns trade_date, trade_id, account and quantity.

    Args:
        dsn: the trade database.
        path: the file. It says all of each block that it names.
        run_id: the run that asks for it.
        connection: an open connection to use instead of one of its own.

    Returns:
        Lines read; lines that are new: a file that is loaded again stores nothing.

    Raises:
        ConfigurationError: the file is missing or one of its lines is wrong; nothing was stored.
        Unavailable: the database does not answer.
    """
    parts = read_parts(path)
    with open_work(
        dsn, "settlement/load_allocations", run_id=run_id, as_of=None, connection=connection
    ) as (work, log):
        work.parameters["source_file"] = path.name
        work.run("prepare_allocations")
        cursor = work.connection.cursor()
        with cursor.copy(read_statement("settlement/copy_allocations")) as copy:
            for part in parts:
                copy.write_row(part)
        return record(log, work.run("store_allocations"))


def read_parts(path: Path) -> list[Part]:
    """Lines of a file of allocations.

    Raises:
        ConfigurationError: the file is missing, or says what cannot be; names the first such lines.
    """
    if not path.is_file():
        raise ConfigurationError(f"no file {path}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if lacking:
            raise ConfigurationError(f"{path} lacks columns: {', '.join(lacking)}")
        parts: dict[tuple[dt.date, str, str], Part] = {}
        complaints = []
        for row in rows:
            try:
                part = _read_part(row, rows.line_num)
                if parts.setdefault(part[:3], part) is not part:
                    raise ValueError(f"account {part.account} stands twice")
            except ValueError as error:
                complaints.append(f"line {rows.line_num}: {error}")
    if complaints:
        raise ConfigurationError(
            f"{path}: nothing was stored, {len(complaints)} lines are wrong: "
            + "; ".join(complaints[:COMPLAINTS_MAX])
        )
    return list(parts.values())


def allocate_blocks(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    as_of: dt.datetime | None = None,
    connection: psycopg.Connection[Any] | None = None,
) -> StepCounts:
    """Instruct the blocks that are allocated in whole, part by part; what is not is a break.

    Args:
        dsn: the trade database.
        business_date: the day that is settled: blocks that can settle by then.
        run_id: the run that asks for it.
        as_of: the instant of the events; now when left out.
        connection: an open connection to use instead of one of its own.

    Returns:
        Blocks looked at; parts instructed.

    Raises:
        Unavailable: the database does not answer.
    """
    with open_work(
        dsn,
        "settlement_cycle/allocate_blocks",
        run_id=run_id,
        as_of=as_of,
        effective_on=business_date,
        business_date=business_date,
        connection=connection,
    ) as (work, log):
        dates = [row[0] for row in work.ask("list_block_dates")]
        if not dates:
            return record(log, StepCounts(0, 0))
        work.note_business_dates(dates)
        blocks = work.run("list_blocks")
        work.parameters["is_whole_date"] = False
        work.run("split_blocks", "resolve_terms", "judge_parts")
        for (settlement_date,) in work.ask("list_event_dates"):
            work.ask("ensure_events", settlement_date=settlement_date)
        work.run("cancel_instructions", "touch_nets")
        made = _instruct(work)
        work.run("find_breaks", "store_breaks", "store_block_breaks")
        return record(log, StepCounts(blocks.rows_in, made))


def _instruct(work: SettlementWork) -> int:
    missing = work.ask_one("count_missing_parts")
    if not missing:
        return 0
    dates = [row[0] for row in work.ask("list_part_dates")]
    for settlement_date in dates:
        work.ask("ensure_instructions", settlement_date=settlement_date)
    work.open_act(ALLOCATED_CAUSE)
    work.parameters["first_instruction_id"] = work.ask_one("reserve_ids", count=missing)
    made = work.run("insert_parts").rows_out
    work.note_late(dates, work.parameters["first_instruction_id"])
    return made


def _read_part(row: dict[str, Any], line: int) -> Part:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    empty = [name for name, cell in cells.items() if not cell]
    if empty:
        raise ValueError(f"{', '.join(empty)} not stated")
    try:
        quantity = Decimal(cells["quantity"])
    except InvalidOperation as error:
        raise ValueError(f"quantity {cells['quantity']!r} is no number") from error
    if not (quantity.is_finite() and quantity > 0):
        raise ValueError(f"quantity {cells['quantity']} is not positive")
    date = dt.date.fromisoformat(cells["trade_date"])
    return Part(date, cells["trade_id"], cells["account"], quantity, line)
