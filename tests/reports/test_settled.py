"""What was contracted to settle and what has settled are told apart."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable

from posttrade.database import connect
from posttrade.reports import Pack
from posttrade.statements import read_statement
from tests.books.desk import Desk

from .day import BUSINESS_DATE, Day

BEFORE = dt.date(2026, 11, 11)
FAIL = """
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
instructed as (
    insert into settlement.instructions (
        instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
        counterparty_account_id, purpose, subject_id, direction, method, symbol, asset_class,
        currency, counterparty_id, account, strategy, quantity, amount
    )
    select
        1, '2026-11-12', '2026-11-11', act_id, 1,
        (select account_id from parties where account_kind = 'HOUSE'),
        (select account_id from parties where account_kind = 'COUNTERPARTY'),
        'TRADE', 'D2', 'DELIVER', 'DVP', 'MSFT', 'EQUITY', 'USD', 'ELM', 'DELTA-ONE', 'CARRY', 15,
        6000
    from act
)
insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
)
select 1, '2026-11-12', '2026-11-12', act_id, 1, 'STATUS', 'INSTRUCTED', 'FAILING' from act
"""
UNMATCHED = """
insert into recon.breaks (business_date, trade_id, break_type, status, opened_run_id, opened_at)
values ('2026-11-11', 'D3', 'missing_confirmation', 'OPEN', 'test', '2026-11-11T22:00Z'),
    ('2026-11-11', 'D2', 'price_mismatch', 'OPEN', 'test', '2026-11-11T22:00Z')
"""


def read_settled(pack: Pack) -> dict[tuple[str, str], dict[str, str]]:
    path = pack.directory / "settled_positions_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["account"], row["symbol"]): row for row in csv.DictReader(file)}


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
        desk.book("D4", BUSINESS_DATE, "BUY", 30, 400, symbol="MSFT", account="DELTA-ONE")
        desk.close(BEFORE, BUSINESS_DATE)
        parameters = {"settlement_date": BUSINESS_DATE}
        connection.execute(read_statement("settlement/ensure_instructions"), parameters)
        connection.execute(read_statement("settlement/ensure_events"), parameters)
    change(FAIL)
    change(UNMATCHED)
    pack = render()
    row = read_settled(pack)["DELTA-ONE", "MSFT"]
    told = [
        row[f"{name}_quantity"]
        for name in ("trade_date", "contractual", "failing", "uninstructed", "settled")
    ]
    assert told == ["80", "50", "-15", "5", "60"]
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "Settled otherwise than contracted" in page
    assert "DELTA-ONE" in page.partition("Settled otherwise than contracted")[2]
