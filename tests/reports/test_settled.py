"""What was contracted to settle and what has settled are told apart."""

from __future__ import annotations

import csv
from collections.abc import Callable

from posttrade.database import connect
from posttrade.reports import Pack
from tests.books.desk import Desk

from .day import BUSINESS_DATE, Day

SETTLE = """
with parties as (
    insert into settlement.accounts (account_id, account_kind, account_name)
    overriding system value
    values (9001, 'HOUSE', 'DELTA-ONE'), (9002, 'COUNTERPARTY', 'ELM')
)
insert into settlement.settled_flows (account_id, asset_kind, asset, effective_on, amount)
values
    (9001, 'SECURITY', 'MSFT', '2026-11-11', 25), (9001, 'SECURITY', 'MSFT', '2026-11-12', 15),
    (9001, 'SECURITY', 'MSFT', '2026-11-13', 60), (9002, 'SECURITY', 'MSFT', '2026-11-12', -40),
    (9001, 'CASH', 'USD', '2026-11-12', 99)
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
        desk = Desk(connection, next_offset=5000)
        terms = {"symbol": "MSFT", "account": "DELTA-ONE"}
        desk.book("D1", BUSINESS_DATE, "BUY", 60, 400, settlement_date=BUSINESS_DATE, **terms)
        desk.book("D2", BUSINESS_DATE, "BUY", 30, 400, strategy="CARRY", **terms)
        desk.close(BUSINESS_DATE)
    change(SETTLE)
    pack = render()
    row = read_settled(pack)["DELTA-ONE", "MSFT"]
    told = ("trade_date_quantity", "contractual_quantity", "settled_quantity")
    assert [row[name] for name in told] == ["90", "60", "40"]
    assert (row["unsettled_quantity"], row["failing_quantity"]) == ("20", "0")
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "Settled otherwise than contracted" in page
    assert "DELTA-ONE" in page.partition("Settled otherwise than contracted")[2]
