"""A late record is in all figures of a pack or in none; a pack that is behind is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import psycopg
import pytest

from posttrade import capture, close
from posttrade.database import connect
from posttrade.errors import Unavailable
from posttrade.feeds import FEEDS
from posttrade.reports import Pack, pack, render_pack
from posttrade.reports.overview import read_overview
from posttrade.reports.summary import list_outdated

from .scenario import Stage

TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2026, 10, day) for day in (13, 14, 15))
SIDES = ("executions", "broker_confirmations", "pnl_snapshot")
STEPS = ("begin_close", "reconcile_day", "build_positions", "count_control_totals")
FIGURES = """
    select
        (select count(*) from recon.matches where business_date = %(date)s),
        (select sum(trade_count) from books.positions(%(date)s)),
        (select accepted_count from control.date_totals
         where business_date = %(date)s and feed = 'executions')
"""


class Desk:
    """Sends trades and closes dates."""

    def __init__(self, dsn: str, connection: psycopg.Connection[Any], reports_dir: Path) -> None:
        self.dsn = dsn
        self.stage = Stage(connection)
        self.reports_dir = reports_dir

    def send(self, trade_id: str, date: dt.date, *, feeds: tuple[str, ...] = SIDES) -> None:
        record = {"trade_id": trade_id, "business_date": date}
        batch_ids = [self.stage.add_batch(feed, record) for feed in feeds]
        self.stage.connection.commit()
        capture.promote_batches(self.dsn, batch_ids, run_id="capture")
        capture.reconcile_batches(self.dsn, batch_ids, run_id="capture")

    def run(self, date: dt.date, *steps: str) -> None:
        for step in steps:
            getattr(close, step)(self.dsn, date, run_id="close")

    def render(self, date: dt.date) -> Pack:
        return render_pack(self.dsn, date, run_id="close", reports_dir=self.reports_dir)

    def close(self, date: dt.date) -> Pack:
        self.run(date, *STEPS)
        return self.render(date)

    def ask(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self.dsn) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def list_outdated(self) -> dict[str, str]:
        return {row["business_date"]: row["reason"] for row in list_outdated(self.dsn)}


@pytest.fixture
def desk(trade_dsn: str, trade_connection: psycopg.Connection[Any], tmp_path: Path) -> Desk:
    return Desk(trade_dsn, trade_connection, tmp_path)


@pytest.mark.parametrize("after", range(1, len(STEPS) + 1))
def test_a_late_record_is_in_all_figures(desk: Desk, after: int) -> None:
    desk.send("1", WEDNESDAY)
    desk.run(WEDNESDAY, *STEPS[:after])
    desk.send("LATE", WEDNESDAY)
    desk.run(WEDNESDAY, *STEPS[after:])
    rendered = desk.render(WEDNESDAY)
    assert desk.ask(FIGURES, date=WEDNESDAY) == [(2, 2, 2)]
    table = (rendered.directory / "control_totals_20261014.csv").read_text(encoding="utf-8")
    assert "2026-10-14,executions,2,2,0,0,t," in table
    assert desk.list_outdated() == {}


def test_records_that_never_stop_end_the_rendering(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send("1", WEDNESDAY)
    desk.run(WEDNESDAY, *STEPS)
    numbers = iter(range(10))
    monkeypatch.setattr(
        pack, "verify_versions", lambda *_: desk.send(f"L{next(numbers)}", WEDNESDAY) or []
    )
    with pytest.raises(Unavailable, match="came during each of 3 renderings"):
        desk.render(WEDNESDAY)
    monkeypatch.undo()
    desk.render(WEDNESDAY)
    assert desk.ask(FIGURES, date=WEDNESDAY) == [(4, 4, 4)]


def test_a_record_after_the_close_makes_its_pack_out_of_date(desk: Desk) -> None:
    desk.send("1", WEDNESDAY)
    desk.close(WEDNESDAY)
    desk.send("LATE", WEDNESDAY, feeds=("executions",))
    assert desk.list_outdated() == {"2026-10-14": "records came after it in 1 batch"}
    assert desk.close(WEDNESDAY).version == 2
    assert desk.list_outdated() == {}


def test_an_earlier_date_closed_later_makes_later_packs_out_of_date(desk: Desk) -> None:
    desk.send("1", WEDNESDAY)
    desk.send("2", THURSDAY)
    for date in (WEDNESDAY, THURSDAY):
        desk.close(date)
    desk.send("0", TUESDAY)
    assert desk.list_outdated() == {}  # nothing has changed what was closed
    desk.close(TUESDAY)
    reason = "positions of 2026-10-13 changed since, which it tells or opens with"
    assert desk.list_outdated() == {"2026-10-14": reason, "2026-10-15": reason}
    assert desk.close(WEDNESDAY).version == 2
    both = "positions of 2026-10-13, 2026-10-14 changed since, which it tells or opens with"
    assert desk.list_outdated() == {"2026-10-15": both}
    assert desk.close(THURSDAY).version == 2
    assert desk.list_outdated() == {}
    # closed again without a change: nothing becomes out of date
    assert desk.close(TUESDAY).version == 1
    assert desk.list_outdated() == {}


def test_a_silent_feed_is_counted_with_zeros(desk: Desk) -> None:
    desk.send("1", WEDNESDAY, feeds=("executions",))
    rendered = desk.close(WEDNESDAY)
    counted = dict(desk.ask("select feed, received_count from control.date_totals"))
    assert counted == {**dict.fromkeys(FEEDS, 0), "executions": 1}
    page = (rendered.directory / "end_of_day_20261014.html").read_text(encoding="utf-8")
    assert "Pnl snapshot" in page or "P&amp;L snapshot" in page


def test_a_replayed_reject_is_told_as_such(desk: Desk) -> None:
    desk.send("1", WEDNESDAY)
    with connect(desk.dsn) as connection:
        connection.execute(
            "insert into landing.rejects (feed, topic, partition, message_offset, batch_id,"
            " business_date, stage, reason, detail, replayed_at)"
            " select 'executions', 'executions', 5, n, 1, '2026-10-14', 'contract', 'not_json',"
            " '-', case when n = 1 then now() end from generate_series(1, 3) as n"
        )
        connection.execute(
            "insert into control.received_counts values (1, 'executions', '2026-10-14', 3)"
        )
    rendered = desk.close(WEDNESDAY)
    page = (rendered.directory / "end_of_day_20261014.html").read_text(encoding="utf-8")
    assert "1 of 3 was mended and sent again since" in page
    assert "2 still wait for somebody" in page
    rows = (rendered.directory / "rejects_20261014.csv").read_text(encoding="utf-8").splitlines()
    assert [row.rsplit(",", 1)[1] for row in rows] == ["is_replayed", "t", "f", "f"]


def test_the_desk_sees_where_each_date_stands(desk: Desk) -> None:
    desk.send("1", WEDNESDAY)
    desk.send("2", THURSDAY, feeds=("executions",))
    for date in (WEDNESDAY, THURSDAY):
        desk.close(date)
    desk.send("0", TUESDAY)
    desk.run(TUESDAY, "begin_close", "reconcile_day", "build_positions")
    desk.ask(
        "update control.step_runs set outcome = 'FAILED', detail = 'GateFailed: why' where"
        " step = 'end_of_day/build_positions' and business_date = %(date)s returning 1",
        date=TUESDAY,
    )
    thursday, wednesday, tuesday = read_overview(desk.dsn)
    assert (tuesday.state, tuesday.version) == ("failed", None)
    assert tuesday.reason == "build_positions failed: GateFailed: why"
    assert (wednesday.state, thursday.state) == ("out_of_date", "out_of_date")
    assert (wednesday.matched_count, wednesday.trade_count, wednesday.break_count) == (1, 1, 0)
    assert thursday.breaks == {"missing_confirmation": 1, "missing_pnl_snapshot": 1}
    desk.close(TUESDAY)
    desk.close(WEDNESDAY)
    states = {state.business_date: state for state in read_overview(desk.dsn)}
    assert states[TUESDAY].state == "current"
    assert (states[WEDNESDAY].state, states[WEDNESDAY].version) == ("current", 2)
    assert "positions: 1 changed" in states[WEDNESDAY].changes
