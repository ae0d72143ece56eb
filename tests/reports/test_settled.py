"""What was contracted to settle and what has settled are told apart."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from posttrade.database import connect, run_step
from posttrade.reports import Pack
from posttrade.reports.queries import execute
from posttrade.statements import read_statement
from tests.books.desk import Desk

from .day import BUSINESS_DATE, Day

BEFORE = dt.date(2026, 11, 11)
AFTER = dt.date(2026, 11, 13)
# D1 is bought and settles, D2 is sold and fails, an order delivers, and E1 settles a day late
LEDGER = """
with act as (
    insert into settlement.acts (cause, actor, run_id, occurred_at)
    values ('lack_of_securities', 'test', 'test', '2026-11-12T20:00Z')
    returning act_id
),
parties as (
    insert into settlement.accounts (account_kind, account_name)
    values ('HOUSE', 'DELTA-ONE'), ('COUNTERPARTY', 'ELM')
    returning account_id, account_kind
),
ids as (
    select
        (select act_id from act) as act_id,
        (select account_id from parties where account_kind = 'HOUSE') as house_id,
        (select account_id from parties where account_kind = 'COUNTERPARTY') as party_id
),
given (instruction_id, purpose, subject_id, direction, quantity, state, effective_on) as (
    values
    (1, 'TRADE', 'D2', 'DELIVER', 15, 'FAILING', date '2026-11-12'),
    (2, 'TRADE', 'D1', 'RECEIVE', 60, 'SETTLED', '2026-11-12'),
    (3, 'ORDER', 'O1', 'DELIVER', 100, 'SETTLED', '2026-11-12'),
    (4, 'TRADE', 'E1', 'RECEIVE', 8, 'SETTLED', '2026-11-13')
),
instructed as (
    insert into settlement.instructions (
        instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
        counterparty_account_id, purpose, subject_id, direction, method, symbol, asset_class,
        currency, counterparty_id, account, strategy, quantity, amount
    )
    select
        instruction_id, '2026-11-12', '2026-11-11', act_id, 1, house_id, party_id, purpose,
        subject_id, direction, 'FOP', 'MSFT', 'EQUITY', 'USD', 'ELM', 'DELTA-ONE', 'CARRY',
        quantity, 0
    from given, ids
)
insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
    symbol, quantity, deliverer_id, receiver_id
)
select
    instruction_id, '2026-11-12', effective_on, act_id, 1,
    case state when 'SETTLED' then 'SETTLEMENT' else 'STATUS' end, 'INSTRUCTED', state,
    moved.symbol, moved.quantity,
    case when moved.symbol is null then null when direction = 'DELIVER' then house_id else party_id
    end,
    case when moved.symbol is null then null when direction = 'DELIVER' then party_id else house_id
    end
from given
cross join ids
left join lateral (
    select 'MSFT' as symbol, given.quantity where state = 'SETTLED'
) as moved on true
"""
# what failed settles after all, as of the day on which it was due
LATE = """
with act as (
    insert into settlement.acts (cause, actor, run_id, occurred_at)
    values ('lack_of_securities', 'test', 'test', '2026-11-13T08:00Z')
    returning act_id
)
insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
    symbol, quantity, deliverer_id, receiver_id
)
select
    instruction_id, settlement_date, settlement_date, act.act_id, 2, 'SETTLEMENT', 'FAILING',
    'SETTLED', symbol, quantity, house_account_id, counterparty_account_id
from settlement.instructions
cross join act
where subject_id = 'D2'
"""
COLUMNS = ("trade_date", "contractual", "settled", "open", "failing", "other_open")


def read_settled(pack: Pack) -> dict[tuple[str, str], dict[str, str]]:
    path = pack.directory / "settled_positions_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["account"], row["symbol"]): row for row in csv.DictReader(file)}


def read_settled_quantity(dsn: str) -> Decimal:
    with connect(dsn) as connection:
        execute(connection, "prepare_settled_positions", business_date=BUSINESS_DATE)
        row = connection.execute(
            "select settled_quantity from pack_settled_positions"
            " where (account, symbol) = ('DELTA-ONE', 'MSFT')"
        ).fetchone()
    return row[0] if row else Decimal(0)


def sum_flows(dsn: str) -> None:
    with connect(dsn) as connection:
        run_step(connection, "settlement/sum_flows", {})


def test_what_really_settled_stands_beside_what_was_contracted(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    with connect(trade_dsn) as connection:
        connection.execute("select control.ensure_partitions('2026-11-11')")
        desk = Desk(connection, next_offset=5000)
        terms = {"symbol": "MSFT", "account": "DELTA-ONE", "settlement_date": BUSINESS_DATE}
        desk.book("D1", BEFORE, "BUY", 60, 400, **terms)
        desk.book("D2", BEFORE, "SELL", 15, 400, strategy="CARRY", **terms)
        desk.book("D3", BEFORE, "BUY", 5, 400, **terms)
        desk.book("E1", BEFORE, "BUY", 8, 400, **terms)
        desk.book("D4", BUSINESS_DATE, "BUY", 30, 400, symbol="MSFT", account="DELTA-ONE")
        flat = {"symbol": "MSFT", "account": "FLAT"}
        desk.book("F1", BEFORE, "BUY", 7, 400, settlement_date=BUSINESS_DATE, **flat)
        desk.book("F2", BEFORE, "SELL", 7, 400, settlement_date=AFTER, **flat)
        desk.close(BEFORE, BUSINESS_DATE)
        parameters = {"settlement_date": BUSINESS_DATE}
        connection.execute(read_statement("settlement/ensure_instructions"), parameters)
        connection.execute(read_statement("settlement/ensure_events"), parameters)
    change(LEDGER)
    pack = render()
    rows = {
        key: [row[f"{name}_quantity"] for name in COLUMNS]
        for key, row in read_settled(pack).items()
    }
    # D3 was never instructed and E1 has not settled yet
    assert rows["DELTA-ONE", "MSFT"] == ["88", "58", "60", "-2", "-15", "13"]
    # bought and sold again: flat by trade date only
    assert rows["FLAT", "MSFT"] == ["0", "7", "0", "7", "0", "7"]
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "DELTA-ONE" in page.partition("Settled otherwise than contracted")[2]


def test_it_is_the_same_summed_by_day_or_not(
    lay: Callable[[Day], None], change: Callable[[str], None], trade_dsn: str
) -> None:
    lay(Day(trade_count=0, reject_count=0))
    with connect(trade_dsn) as connection:
        parameters = {"settlement_date": BUSINESS_DATE}
        connection.execute(read_statement("settlement/ensure_instructions"), parameters)
        connection.execute(read_statement("settlement/ensure_events"), parameters)
    change(LEDGER)
    assert read_settled_quantity(trade_dsn) == 60
    sum_flows(trade_dsn)
    assert read_settled_quantity(trade_dsn) == 60
    change(LATE)
    assert read_settled_quantity(trade_dsn) == 45
    sum_flows(trade_dsn)
    assert read_settled_quantity(trade_dsn) == 45
