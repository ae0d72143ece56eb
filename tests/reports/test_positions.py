"""Positions in the pack, and what is told of the marks that value them."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from posttrade.database import connect
from posttrade.reports import Pack
from tests.books.desk import Desk

from .day import Day
from .packs import read_page, read_table


def test_opening_positions_come_from_the_days_before(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day(trade_count=0, reject_count=0))
    days = [dt.date(2026, 11, number) for number in (11, 12, 13)]
    with connect(trade_dsn) as connection:
        desk = Desk(connection)
        for day in days:
            connection.execute("select control.ensure_partitions(%s)", (day,))
        for day, fill, fee in zip(
            days, [("BUY", 100, 190), ("SELL", 40, 195), ("BUY", 7, 200)], (5, 2, 1), strict=True
        ):
            desk.book(f"T{day.day}", day, *fill, brokerage_fee=Decimal(fee))
        desk.mark(days[0], 191)
        desk.mark(days[1], 195)
        desk.close(*days)
    pack = render()
    (position,) = read_table(pack, "positions")
    assert position["opening_quantity"] == "100"
    assert (position["closing_quantity"], position["contractual_quantity"]) == ("60", "100")
    assert position["market_value_amount"] == "11700"
    (pnl,) = read_table(pack, "pnl_summary")
    # 60 x 195 - 100 x 191 + 7800 = 400; to date: 11700 - 19000 + 7800 = 500
    assert (pnl["day_pnl_amount"], pnl["pnl_to_date_amount"]) == ("400", "500")
    assert (pnl["fee_amount"], pnl["fee_to_date_amount"]) == ("2", "7")


def test_a_close_that_kept_a_mark_that_is_no_number_is_told_as_unpriced(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(
        "alter table books.close_marks disable trigger close_marks_append_only;"
        "update books.close_marks set mark_price = 'NaN' where symbol ="
        " (select symbol from books.close_marks where mark_price > 0 order by symbol limit 1)"
    )
    pack = render()
    assert "Do not sign" in read_page(pack)
    rows = read_table(pack, "positions")
    values = {row["mark_price"]: row["market_value_amount"] for row in rows}
    assert values[""] == ""
    assert "NaN" not in values


def test_money_of_the_books_has_the_decimals_of_its_currency(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(
        "alter table books.close_marks disable trigger close_marks_append_only;"
        "update books.close_marks set mark_price = mark_price / 3.0"
    )
    section = read_page(render()).partition('<h2 id="books">')[2].partition("Against accounting")[0]
    table = section.partition("P&amp;L by book")[2].partition("</table>")[0]
    amounts = re.findall(r'<td class="n">([^<]+)</td>', table)
    assert amounts
    assert all(re.fullmatch(r"−?[\d,]+(\.\d\d)?|–", amount) for amount in amounts), amounts


def test_positions_at_stale_marks_are_told(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    assert "stale" not in read_page(render())
    change(
        "alter table books.close_marks disable trigger close_marks_append_only;"
        "update books.close_marks set is_stale = true, mark_date = '2026-11-09'"
    )
    pack = render()
    held = [row for row in read_table(pack, "positions") if row["closing_quantity"] != "0"]
    page = read_page(pack)
    assert f"{len(held)} positions are valued at stale marks." in page
    assert "2026-11-09, stale" in page
    assert {row["is_stale_mark"] for row in read_table(pack, "pnl_summary")} == {"t"}


def test_one_position_at_a_stale_mark_is_told_as_one(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=2, reject_count=0))
    rows = read_table(render(), "positions")
    held = Counter(row["symbol"] for row in rows if row["closing_quantity"] != "0")
    symbol = next(symbol for symbol, count in held.items() if count == 1)
    make_stale = (
        "alter table books.close_marks disable trigger close_marks_append_only;"
        "update books.close_marks set is_stale = true, mark_date = '2026-11-09' where symbol = '{}'"
    )
    change(make_stale.format(symbol))
    page = read_page(render())
    assert "1 position is valued at stale marks.</strong> Its P&amp;L" in page


def test_a_mark_of_an_unknown_symbol_is_told(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(
        "insert into market.marks (mark_kind, symbol, currency, tenor_days, mark_date, source_id,"
        " observed_at, price, flags, batch_id, topic, partition, message_offset) values ('PRICE',"
        " 'NEW1', 'USD', 0, '2026-11-12', 'vendor', '2026-11-12T21:00Z', 5,"
        " '{symbol_not_in_reference}', 1, 'marks', 0, 0)"
    )
    row = r"<tr><th scope=\"row\">Symbol not in reference</th><td>Mark</td>"
    assert re.search(row, read_page(render()))
