"""Same day, same bytes; changed day, next version."""

from __future__ import annotations

import csv
import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from posttrade.database import connect
from posttrade.errors import GateFailed, InvariantBroken
from posttrade.reports import Pack, render_pack
from posttrade.reports.summary import close_summary, list_outdated
from tests.books.desk import Desk

from .day import BUSINESS_DATE, RESOLVE, Day
from .packs import read_all


def test_an_unchanged_day_gives_the_same_bytes(
    lay: Callable[[Day], None], render: Callable[[], Pack], reports_dir: Path
) -> None:
    lay(Day())
    first = render()
    before = read_all(first.directory)
    again = render()
    assert (first.version, first.is_new_version) == (1, True)
    assert (again.version, again.is_new_version) == (1, False)
    assert again.files == first.files
    assert read_all(again.directory) == before
    assert [path.name for path in (reports_dir / "2026-11-12").iterdir()] == ["v1"]


def test_another_place_gives_the_same_bytes(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    create_trade_database: Callable[[], str],
    tmp_path: Path,
) -> None:
    lay(Day())
    first = render()
    other = create_trade_database()
    with connect(other) as connection:
        from .day import lay_day

        lay_day(connection, Day())
    elsewhere = render_pack(other, BUSINESS_DATE, run_id="x", reports_dir=tmp_path / "elsewhere")
    assert elsewhere.files == first.files


def test_a_changed_day_gives_the_next_version(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day())
    first = render()
    before = read_all(first.directory)
    change(RESOLVE)
    second = render()
    assert (second.version, second.is_new_version) == (2, True)
    assert read_all(first.directory) == before
    assert set(second.changes["tables"]) == {"breaks"}
    counts = second.changes["tables"]["breaks"]["counts"]
    assert counts == {"resolved": 2}
    figures = {row["name"]: row for row in second.changes["figures"]}
    assert figures["open breaks: missing confirmation"]["before"] == 2
    assert figures["open breaks: missing confirmation"]["after"] == 0
    assert not render().is_new_version
    with connect(trade_dsn) as connection:
        rows = connection.execute(
            "select version, content_hash, previous_hash from report.versions order by version"
        ).fetchall()
    assert rows[0][2] is None
    assert rows[1][2] == rows[0][1]
    page = (second.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert rows[0][1] in page
    assert "Breaks: 2 resolved" in page


LATE_FILL = """
insert into trade.executions
select (jsonb_populate_record(e, '{"trade_id": "LATE", "message_offset": 999999, "quantity": 7,
    "notional": 1337, "brokerage_fee": 2.5}')).*
from trade.executions as e where trade_id = 'T000001'
"""


def test_what_a_late_correction_did_to_the_books_is_told(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    first = read_pnl(render())
    change(LATE_FILL)
    with connect(trade_dsn) as connection:
        Desk(connection).close(BUSINESS_DATE)
    rendered = render()
    table = rendered.changes["tables"]["pnl_summary"]
    assert table["counts"] == {"changed": 1}
    (row,) = table["rows"]
    second = read_pnl(rendered)
    told = {name: (old, new) for name, old, new in row["fields"]}
    assert told["fee_amount"] == tuple(
        one[tuple(row["key"])]["fee_amount"] for one in (first, second)
    )
    currency = row["key"][3]
    fees = {(one["currency"], one["figure"]): one for one in table["totals"]}
    for side, rows in (("before", first), ("after", second)):
        exact = sum(Decimal(one["fee_amount"]) for key, one in rows.items() if key[3] == currency)
        assert Decimal(fees[currency, "fee_amount"][side]) == exact
    page = (rendered.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "P&amp;L: 1 changed" in page
    assert "P&amp;L: totals by currency" in page
    assert not render().is_new_version


def read_pnl(rendered: Pack) -> dict[tuple[str, ...], dict[str, str]]:
    path = rendered.directory / "pnl_summary_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            tuple(row[name] for name in ("account", "strategy", "symbol", "currency")): row
            for row in csv.DictReader(file)
        }


def test_two_renderings_at_once_make_one_version(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str
) -> None:
    lay(Day())
    found: list[Pack] = []
    threads = [threading.Thread(target=lambda: found.append(render())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.is_new_version for one in found) == [False, False, True]
    assert {one.version for one in found} == {1}


def test_a_date_that_was_never_closed(trade_dsn: str, reports_dir: Path) -> None:
    with pytest.raises(GateFailed, match="2026-11-13 was never closed"):
        render_pack(trade_dsn, dt.date(2026, 11, 13), run_id="x", reports_dir=reports_dir)
    with pytest.raises(InvariantBroken, match="no pack"):
        close_summary(trade_dsn, dt.date(2026, 11, 13), reports_dir)


def test_versions_cannot_be_changed(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=50))
    render()
    with pytest.raises(psycopg.errors.Error, match="append-only"):
        change("update report.versions set content_hash = 'x'")


def test_a_mark_that_changed_after_the_close_makes_the_date_out_of_date(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    render()
    with connect(trade_dsn) as connection:
        symbols = connection.execute(
            "select distinct m.symbol from books.close_marks as m join reference.instruments as i"
            " on i.symbol = m.symbol and i.currency = 'USD' and i.asset_class = 'EQUITY' order by 1"
        ).fetchall()
    (one,), (other,) = symbols[:2]
    change(
        f"select market.propose_override('{one}', '2026-11-12', 55, 'USD', 'wrong price', 'ann')"
    )
    assert list_outdated(trade_dsn) == []
    change("select market.decide_override(1, 'APPROVED', 'bob')")
    (outdated,) = list_outdated(trade_dsn)
    assert outdated["reason"] == f"marks changed since: {one}"
    with connect(trade_dsn) as connection:
        Desk(connection, next_offset=10).mark(BUSINESS_DATE, 66, other)
    both = ", ".join(sorted([one, other]))
    assert list_outdated(trade_dsn)[0]["reason"] == f"marks changed since: {both}"
    with connect(trade_dsn) as connection:
        Desk(connection).close(BUSINESS_DATE)
    assert render().version == 2
    assert list_outdated(trade_dsn) == []
