"""Text that came from elsewhere does no harm, on the page or in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable

import psycopg

from posttrade.database import connect
from posttrade.reports import Pack
from tests.books.desk import Desk

from .day import Day
from .packs import assert_harmless, read_page, read_table

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMERIC = re.compile(r"-?\d+(\.\d+)?")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202ekcatta",
    "🚀 emoji",
    "x" * 10_000,
    '"quoted", and\nbroken\r\nlines',
    "@SUM(A1)",
    "-2+3",
    "'=already",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
)


def test_hostile_text_does_no_harm(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    with psycopg.connect(trade_dsn) as connection:
        connection.execute("alter table trade.executions disable trigger user")
        for number, text in enumerate(HOSTILE):
            trade_id = f"T{number:06d}"
            connection.execute(
                "update recon.breaks set symbol = %(text)s, counterparty_id = %(text)s,"
                " expected_value = %(text)s, currency = %(text)s, trade_id = %(text)s"
                " where trade_id in (select trade_id from recon.breaks order by trade_id"
                " limit 1 offset %(number)s)",
                {"text": text, "number": number},
            )
            connection.execute(
                "update trade.executions set symbol = %(text)s, account = %(text)s,"
                " strategy = %(text)s, currency = %(text)s, flags = array[%(text)s]"
                " where trade_id = %(trade)s",
                {"text": text, "trade": trade_id},
            )
            connection.execute(
                "update landing.rejects set detail = %(text)s, trade_id = %(text)s"
                " where message_offset = %(offset)s",
                {"text": text, "offset": 1_000_000 + number},
            )
        connection.execute("alter table trade.executions enable trigger user")
    with connect(trade_dsn) as database:
        Desk(database).close(dt.date(2026, 11, 12))
    pack = render()
    assert_harmless(read_page(pack))
    assert "\u202e" not in read_page(pack)
    for path in pack.directory.glob("*.csv"):
        content = path.read_bytes()
        assert b"\0" not in content
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, strict=True):
                for cell in row:
                    assert not cell.startswith(DANGEROUS) or NUMERIC.fullmatch(cell), cell
    found = {row["trade_id"] for row in read_table(pack, "breaks")}
    restored = {cell[1:] if cell.startswith("'") else cell for cell in found}
    assert set(HOSTILE) <= restored
    assert not render().is_new_version


def test_negative_numbers_stay_numbers(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day())
    change("update recon.breaks set expected_value = '-95.00' where break_type = 'pnl_mismatch'")
    values = [row["expected_value"] for row in read_table(render(), "breaks")
              if row["break_type"] == "pnl_mismatch"]  # fmt: skip
    assert set(values) == {"-95"}
