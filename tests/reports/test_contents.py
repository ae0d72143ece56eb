"""What stands in the pack: exact figures that add up, and nothing that could do harm."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser

import psycopg

from posttrade import __version__
from posttrade.database import connect
from posttrade.reports import Pack
from tests.books.desk import Desk

from .day import Day

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


class PageReader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}:
                self.links.append(f"{name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")


def read_page(pack: Pack) -> str:
    return (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")


def read_table(pack: Pack, name: str) -> list[dict[str, str]]:
    csv.field_size_limit(2**30)
    path = pack.directory / f"{name}_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def assert_harmless(page: str) -> None:
    reader = PageReader()
    reader.feed(page)
    assert not reader.tags & {
        "script", "link", "img", "iframe", "object", "embed", "form", "base", "foreignobject", "a",
    }  # fmt: skip
    assert not reader.links
    assert not reader.handlers
    assert len(reader.ids) == len(set(reader.ids))
    assert "Content-Security-Policy" in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_tables_add_up(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day())
    pack = render()
    for row in read_table(pack, "control_totals"):
        parts = [int(row[name]) for name in ("accepted", "rejected", "duplicate")]
        assert int(row["received"]) == sum(parts)
        assert row["is_received_explained"] == "t"
        assert int(row["offsets"]) == int(row["messages"]) + int(row["offsets_without_message"])
    breaks = read_table(pack, "breaks")
    summary = read_table(pack, "reconciliation_summary")
    open_breaks = sum(int(row["item_count"]) for row in summary if row["measure"] == "break")
    assert len(breaks) == open_breaks == 15
    trades = sum(int(row["trade_count"]) for row in read_table(pack, "trade_summary"))
    outcomes = sum(int(row["item_count"]) for row in summary if row["measure"] == "outcome")
    assert trades == outcomes
    for row in read_table(pack, "positions"):
        opening, bought, sold, closing = (
            Decimal(row[f"{name}_quantity"]) for name in ("opening", "bought", "sold", "closing")
        )
        assert opening + bought - sold == closing
    for row in read_table(pack, "pnl_summary"):
        value = {name: Decimal(row[f"{name}_amount"]) for name in
                 ("opening_value", "market_value", "cash_flow", "day_pnl", "fee",
                  "day_pnl_after_fees", "pnl_to_date", "cash_flow_to_date")}  # fmt: skip
        assert (
            value["market_value"] - value["opening_value"] + value["cash_flow"] == value["day_pnl"]
        )
        assert value["day_pnl"] - value["fee"] == value["day_pnl_after_fees"]
        assert value["market_value"] + value["cash_flow_to_date"] == value["pnl_to_date"]
    page = read_page(pack)
    assert "DOES NOT ADD UP" not in page
    assert "checks, all add up" in page
    assert_harmless(page)


def test_totals_that_do_not_add_up_raise_an_alarm(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day())
    change(
        "set local posttrade.records_leave to on;"
        " delete from trade.executions where trade_id = 'T000001'"
    )
    page = read_page(render())
    assert "DOES NOT ADD UP" in page
    assert "Do not sign" in page


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


def test_values_are_exact_and_trimmed(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    stated = {
        "quantity_mismatch": ("100.00", "100"),
        "price_mismatch": ("100.10", "100.1"),
        "pnl_mismatch": ("-0.5000000", "-0.5"),
        "missing_confirmation": ("1000 @ 190.50", "1000 @ 190.5"),
        "duplicate_execution": ("notional=2990.000, price=2.990", "notional=2990, price=2.99"),
        "duplicate_confirmation": ("price=1.50, symbol=A1.50", "price=1.50, symbol=A1.50"),
    }
    with psycopg.connect(trade_dsn) as connection:
        connection.cursor().executemany(
            "update recon.breaks set expected_value = %s where break_type = %s",
            [(stored, name) for name, (stored, _) in stated.items()],
        )
    found = {row["break_type"]: row["expected_value"] for row in read_table(render(), "breaks")}
    assert {name: found[name] for name in stated} == {n: v for n, (_, v) in stated.items()}


def test_the_page_sums_offsets_by_topic(
    lay: Callable[[Day], None], render: Callable[[], Pack]
) -> None:
    lay(Day())
    pack = render()
    page = read_page(pack)
    assert page.count("4,000 – 4,001") == 2  # one line a topic
    assert "stands in control_offsets_20261112.csv" in page
    assert len(read_table(pack, "control_offsets")) == 4
    assert re.search(r"\d+ of \d+ open", page)
    assert f"posttrade {__version__}" in page


def test_a_day_without_anything(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day(trade_count=0, reject_count=0))
    pack = render()
    page = read_page(pack)
    assert "No message was recorded for this date" in page
    assert "Positions and P&amp;L" not in page
    assert_harmless(page)
    assert read_table(pack, "breaks") == []
    assert not render().is_new_version


def test_a_weekend_says_so(lay: Callable[[Day], None], render: Callable[[], Pack]) -> None:
    lay(Day(is_business_day=False))
    assert "2026-11-12 is no business day" in read_page(render())


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


def test_what_compliance_checked_and_scored_is_counted_as_that(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(
        "insert into compliance.coverage (business_date, rule, outcome, subject_count, run_id)"
        " select '2026-11-12', * from (values ('identifier_check', 'isin_checked', 40, 'r'),"
        " ('identifier_check', 'lei_checked', 7, 'r'), ('identifier_check', 'isin_not_stated', 5,"
        " 'r'), ('price_band', 'no_mark', 3, 'r'), ('anomaly_price', 'scored', 55, 'r'),"
        " ('anomaly_price', 'unscored', 6, 'r')) as c (rule, outcome, subject_count, run_id)"
    )
    page = read_page(render())
    for name, checked, unchecked in (
        ("Identifier check", "47", "5"),
        ("Price band", "0", "3"),
        ("Anomaly price", "55", "6"),
    ):
        row = (
            rf"{name} <span[^>]*>[^<]*</span></th>"
            rf'<td class="n[^"]*">{checked}</td><td class="n[^"]*">{unchecked}</td>'
        )
        assert re.search(row, page), name


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


def test_many_breaks_stay_in_the_file(
    lay: Callable[[Day], None], render: Callable[[], Pack]
) -> None:
    lay(Day(trade_count=60_000, break_every=4, reject_count=0))
    pack = render()
    assert len(read_table(pack, "breaks")) == 15_000
    page = read_page(pack)
    assert "more stand in breaks_20261112.csv" in page
    assert len(page) < 1_000_000
    assert not render().is_new_version


def test_outcomes_are_those_of_the_reconciliation(
    lay: Callable[[Day], None], trade_dsn: str
) -> None:
    lay(Day(trade_count=2000))
    with psycopg.connect(trade_dsn) as connection:
        differing = connection.execute(
            """
            select trade_id, r.outcome, t.outcome
            from report.trade_outcomes r
            full join recon.trades t using (business_date, trade_id)
            where business_date = '2026-11-12'
              and r.outcome is distinct from t.outcome
              and r.status <> 'NO_EXECUTION'
            """
        ).fetchall()
    assert differing == []
