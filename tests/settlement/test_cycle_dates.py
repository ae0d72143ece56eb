"""Settlement days come in their turn."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from posttrade.database import StepCounts
from posttrade.errors import ConfigurationError
from posttrade.settlement import begin_cycle

from .desk import NEXT_DAY, Desk

LATER = dt.date(2026, 10, 16)
MONDAY = dt.date(2026, 10, 19)
TUESDAY = dt.date(2026, 10, 20)
TODAY = dt.date(2026, 11, 2)


@pytest.fixture(autouse=True)
def _forget_runs(desk: Desk) -> None:
    """Of other tests: the log of runs is not in the desk's transaction."""
    desk.connection.execute("delete from control.step_runs")


def begin(desk: Desk, date: dt.date, **options: Any) -> StepCounts:
    options = {"today": TODAY, "run_id": "test", "connection": desk.connection, **options}
    return begin_cycle(desk.dsn, date, **options)


def fail_on(desk: Desk, *dates: dt.date) -> None:
    """Settle dates, while what is due lacks its securities."""
    rule = "insert into reference.inventory_controls values ('EQ-PRIME', 'US', 'SECURITY', %s, %s)"
    desk.connection.execute(rule, [NEXT_DAY, True])
    desk.book("T1", side="SELL")
    desk.follow()
    for date in dates:
        desk.settle(date)


def test_a_day_in_the_future_is_refused(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="2026-11-03 is in the future"):
        begin(desk, dt.date(2026, 11, 3))
    assert begin(desk, dt.date(2026, 11, 3), is_forced=True) == StepCounts(0, 0)
    assert begin(desk, TODAY) == StepCounts(0, 0)


def test_the_first_day_of_all_leaves_out_none(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    assert begin(desk, TUESDAY) == StepCounts(0, 0)


def test_a_day_that_was_left_out_is_settled_first(desk: Desk) -> None:
    fail_on(desk, NEXT_DAY)
    assert begin(desk, LATER) == StepCounts(0, 0)
    with pytest.raises(ConfigurationError, match="2026-10-16 had open instructions"):
        begin(desk, MONDAY)
    with pytest.raises(ConfigurationError, match=r"2026-10-16 \(and 1 more up to 2026-10-19\)"):
        begin(desk, TUESDAY)
    assert begin(desk, MONDAY, is_forced=True) == StepCounts(1, 1)
    desk.settle(LATER)
    assert begin(desk, MONDAY) == StepCounts(0, 0)


def test_a_day_on_which_nothing_was_open_may_be_left_out(desk: Desk) -> None:
    desk.book("T1")
    desk.follow()
    desk.settle(NEXT_DAY)
    assert begin(desk, TUESDAY) == StepCounts(0, 0)


def test_a_day_before_the_last_is_refused_unless_it_was_run(desk: Desk) -> None:
    fail_on(desk, NEXT_DAY, MONDAY)
    with pytest.raises(ConfigurationError, match="2026-10-19 is settled already, and 2026-10-16"):
        begin(desk, LATER)
    assert begin(desk, NEXT_DAY) == StepCounts(0, 0)
    assert begin(desk, MONDAY) == StepCounts(0, 0)
