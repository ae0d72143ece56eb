"""Which dates ``end_of_day`` runs for, and when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pendulum
import pytest
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.utils.types import DagRunType

from posttrade_airflow import business_day_timetable
from posttrade_airflow.business_day_timetable import BusinessDayTimetable

NEW_YORK = "America/New_York"
START = pendulum.datetime(1990, 1, 1)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_to(local: str) -> None:
        moment = pendulum.parse(local, tz=NEW_YORK).in_timezone("UTC")  # type: ignore[union-attr]
        monkeypatch.setattr(business_day_timetable, "utcnow", lambda: moment)

    return set_to


def find_next(
    last: DagRunInfo | None, *, catchup: bool = True, latest: Any = None, earliest: Any = START
) -> DagRunInfo | None:
    return BusinessDayTimetable().next_dagrun_info_v2(
        last_dagrun_info=last, restriction=TimeRestriction(earliest, latest, catchup)
    )


def scheduled(day: str) -> DagRunInfo:
    return BusinessDayTimetable()._scheduled_run(dt.date.fromisoformat(day))


def list_backfill(first: str, last: str) -> list[str]:
    """What a backfill from one date to another covers; Airflow hands both over as UTC midnight."""
    infos = BusinessDayTimetable().iter_partition_dagrun_infos(
        earliest=pendulum.parse(first),
        latest=pendulum.parse(last),  # type: ignore[arg-type]
    )
    return [str(info.partition_key) for info in infos]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-11-12", "2026-11-13"),
        ("2026-11-13", "2026-11-16"),  # over a weekend
        ("2026-11-25", "2026-11-27"),  # over Thanksgiving, to an early close
        ("2026-12-24", "2026-12-28"),  # over Christmas and a weekend
        ("2026-12-31", "2027-01-04"),  # over New Year
        ("2026-07-02", "2026-07-06"),  # Independence Day on a Saturday is kept on Friday
    ],
)
def test_next_run_is_the_next_session(set_clock: Any, last: str, expected: str) -> None:
    set_clock(f"{expected}T12:00")
    info = find_next(scheduled(last))
    assert info is not None
    assert info.partition_key == expected
    assert info.data_interval is None


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        ("2026-03-06", 23),  # winter time
        ("2026-03-09", 22),  # the first day of summer time
        ("2026-10-30", 22),
        ("2026-11-02", 23),
        ("2026-11-27", 23),  # an early close is run at the same time
    ],
)
def test_runs_are_due_at_six_in_the_evening_of_new_york(day: str, utc_hour: int) -> None:
    info = scheduled(day)
    assert info.run_after == pendulum.parse(f"{day}T{utc_hour}:00:00Z")
    assert info.partition_date == pendulum.parse(f"{day}T00:00", tz=NEW_YORK)


@pytest.mark.parametrize("catchup", [True, False])
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T08:00", "2026-11-20"),
        ("2026-11-20T18:30", "2026-11-20"),  # just due: not lost between two looks
        ("2026-11-20T19:30", "2026-11-23"),
        ("2026-11-21T12:00", "2026-11-23"),
    ],
)
def test_a_new_instance_never_begins_in_the_past(
    set_clock: Any, now: str, expected: str, catchup: bool
) -> None:
    set_clock(now)
    info = find_next(None, catchup=catchup)
    assert info is not None
    assert info.partition_key == expected


def test_missed_days_are_caught_up_one_by_one(set_clock: Any) -> None:
    set_clock("2026-11-20T20:00")
    info: DagRunInfo | None = scheduled("2026-11-16")
    caught_up = []
    for _ in range(5):
        info = find_next(info)
        assert info is not None
        caught_up.append(info.partition_key)
    assert caught_up == ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-23"]


def test_a_long_outage_catches_up_the_newest_days_only(set_clock: Any) -> None:
    set_clock("2026-11-20T20:00")
    info = find_next(scheduled("2026-06-01"))
    assert info is not None
    assert info.partition_key == "2026-11-09"  # ten sessions up to the 20th


def test_without_catch_up_only_the_newest_day_runs(set_clock: Any) -> None:
    set_clock("2026-11-20T20:00")
    info = find_next(scheduled("2026-11-16"), catchup=False)
    assert info is not None
    assert info.partition_key == "2026-11-20"


def test_a_backfill_is_nothing_to_catch_up_from(set_clock: Any) -> None:
    set_clock("2026-11-20T08:00")
    timetable = BusinessDayTimetable()
    day = pendulum.datetime(2026, 11, 10)
    (backfilled,) = timetable.iter_partition_dagrun_infos(earliest=day, latest=day)
    info = find_next(backfilled)
    assert info is not None
    assert info.partition_key == "2026-11-20"


def test_the_dags_own_dates_hold_runs_back(set_clock: Any) -> None:
    set_clock("2026-11-20T08:00")
    info = find_next(None, earliest=pendulum.datetime(2026, 12, 1))
    assert info is not None
    assert info.partition_key == "2026-12-01"
    assert find_next(None, latest=pendulum.datetime(2026, 11, 19)) is None


def test_a_backfill_covers_both_its_ends(set_clock: Any) -> None:
    set_clock("2026-11-20T08:00")
    assert list_backfill("2026-11-11", "2026-11-13") == ["2026-11-11", "2026-11-12", "2026-11-13"]
    assert list_backfill("2026-11-12", "2026-11-12") == ["2026-11-12"]


def test_a_backfill_has_business_days_only(set_clock: Any) -> None:
    set_clock("2027-01-10T08:00")
    assert list_backfill("2026-11-25", "2026-11-30") == ["2026-11-25", "2026-11-27", "2026-11-30"]
    assert list_backfill("2026-11-14", "2026-11-15") == []
    assert len(list_backfill("2026-01-01", "2026-12-31")) == 251


def test_a_backfill_leaves_out_days_that_are_not_over(set_clock: Any) -> None:
    set_clock("2026-11-20T08:00")
    assert list_backfill("2026-11-18", "2026-11-24") == ["2026-11-18", "2026-11-19"]


def test_keys_are_dates() -> None:
    timetable = BusinessDayTimetable()
    saturday = timetable.resolve_partition_date("2026-11-14")
    assert saturday == pendulum.parse("2026-11-14T00:00", tz=NEW_YORK)
    for wrong in ("tomorrow", "2026-13-01", "14.11.2026"):
        with pytest.raises(InvalidPartitionKeyError, match="YYYY-MM-DD"):
            timetable.resolve_partition_date(wrong)


def test_runs_of_one_date_have_ids_of_their_own() -> None:
    timetable = BusinessDayTimetable()
    ids = {
        timetable.generate_run_id(
            run_type=DagRunType.BACKFILL_JOB,
            run_after=pendulum.now(),
            data_interval=None,
            partition_key="2026-11-12",
        )
        for _ in range(20)
    }
    assert len(ids) == 20
    assert all(run_id.startswith("backfill__2026-11-12__") for run_id in ids)


def test_serialisation_keeps_everything() -> None:
    timetable = BusinessDayTimetable(
        calendar="XLON", closing_time="19:30", timezone="Europe/London", catch_up_sessions_max=3
    )
    copy = BusinessDayTimetable.deserialize(timetable.serialize())
    assert copy.serialize() == timetable.serialize()
    assert copy.description == timetable.description
    assert copy.partitioned
