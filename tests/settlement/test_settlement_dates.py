"""When a trade settles: cycles, two calendars apart, currencies, overrides and conventions."""

from __future__ import annotations

import datetime as dt
import time

import psycopg
import pytest

from posttrade.business_calendar import YEARS_AHEAD, BusinessCalendar

from .desk import Desk

SECONDS_MAX = 60  # a few on a quiet machine


def settles(desk: Desk, market_id: str, asset_class: str, traded: str) -> str:
    ((found,),) = desk.rows(
        "select reference.settlement_date(%s, %s, %s::date)", market_id, asset_class, traded
    )
    return str(found)


def test_united_states(desk: Desk) -> None:
    """SEC Release 34-96930 (15 February 2023): T+1 for trades from Tuesday 28 May 2024. One of
    Friday 24 May settles T+2 on Wednesday 29 (Monday 27 is Memorial Day), as does one of the 28th.
    Columbus and Veterans Day: exchanges trade, the Federal Reserve is closed (its own holiday
    schedule), and the day does not count for settlement.
    """
    assert settles(desk, "US", "EQUITY", "2024-05-24") == "2024-05-29"
    assert settles(desk, "US", "EQUITY", "2024-05-28") == "2024-05-29"
    # trades of Friday 9 and of Columbus Day itself both settle on Tuesday or Wednesday after it
    assert settles(desk, "US", "EQUITY", "2026-10-09") == "2026-10-13"
    assert settles(desk, "US", "EQUITY", "2026-10-12") == "2026-10-13"
    assert settles(desk, "US", "EQUITY", "2026-11-10") == "2026-11-12"
    # Good Friday: banks are open, the exchange is not
    assert settles(desk, "US", "EQUITY", "2026-04-02") == "2026-04-06"
    assert settles(desk, "US_TREASURY", "BOND", "2026-11-19") == "2026-11-20"
    assert settles(desk, "US_FUTURES", "DERIVATIVE", "2026-11-19") == "2026-11-20"


def test_north_america_moved_a_day_before(desk: Desk) -> None:
    """Canadian Capital Markets Association, and Indeval for Mexico: T+1 for trades from Monday
    27 May 2024; the last T+2 trades are of Friday 24 May.
    """
    for market in ("CANADA", "MEXICO"):
        assert settles(desk, market, "EQUITY", "2024-05-24") == "2024-05-28"
        assert settles(desk, market, "EQUITY", "2024-05-27") == "2024-05-28"


def test_europe_moves_together(desk: Desk) -> None:
    """Roadmaps of the EU T+1 Industry Committee, the UK Accelerated Settlement Taskforce and the
    Swiss SPTC: T+1 for trades from Monday 11 October 2027; last T+2 and first T+1 trades settle on
    the 12th.
    """
    for market in ("EU", "UK", "SWITZERLAND"):
        assert settles(desk, market, "EQUITY", "2027-10-08") == "2027-10-12"
        assert settles(desk, market, "EQUITY", "2027-10-11") == "2027-10-12"
        assert settles(desk, market, "EQUITY", "2027-10-12") == "2027-10-13"


def test_india_went_first(desk: Desk) -> None:
    """SEBI circular of 7 September 2021; the last tranche, the large ones, on 27 January 2023
    (26 January is Republic Day).
    """
    assert settles(desk, "INDIA", "EQUITY", "2023-01-25") == "2023-01-30"
    assert settles(desk, "INDIA", "EQUITY", "2023-01-27") == "2023-01-30"


def test_spot_days_of_currencies(desk: Desk) -> None:
    """London FX Ltd, "Value dates" (londonfx.co.uk/valdates.html), and R's fmbasics (to_spot): two
    days that are good but for New York, then the next that is good for both and New York; US
    dollar against Canadian dollar one day.
    """
    # a US holiday on the day between is passed over: Veterans Day, Wednesday 11 November 2026
    assert settles(desk, "FX_EURUSD", "FX", "2026-11-10") == "2026-11-12"
    # on the day itself it moves the date
    assert settles(desk, "FX_EURUSD", "FX", "2026-11-09") == "2026-11-12"
    assert settles(desk, "FX_EURGBP", "FX", "2026-11-09") == "2026-11-12"
    # a holiday of the other currency on the day between counts: 1 May for the euro
    assert settles(desk, "FX_EURUSD", "FX", "2026-04-30") == "2026-05-05"
    # Japan: Culture Day, Tuesday 3 November 2026
    assert settles(desk, "FX_USDJPY", "FX", "2026-11-02") == "2026-11-05"
    assert settles(desk, "FX_USDCAD", "FX", "2026-11-10") == "2026-11-12"
    assert settles(desk, "FX_USDCAD", "FX", "2026-11-19") == "2026-11-20"


def test_a_person_overrules_a_day_and_takes_it_back(desk: Desk) -> None:
    """A storm, as on 29 and 30 October 2012 in New York: no calendar can know it beforehand."""
    before = desk.rows(
        "select * from reference.calendar_days where calendar_id = 'US_SETTLEMENT' order by 2"
    )
    override = "select reference.override_day('US_SETTLEMENT', '2026-11-20', %s, %s, 'ops lead')"
    desk.rows(override, False, "storm: DTC closed by notice")
    assert settles(desk, "US", "EQUITY", "2026-11-19") == "2026-11-23"
    assert settles(desk, "US", "EQUITY", "2026-11-18") == "2026-11-19"
    # trading goes on by its own calendar
    assert desk.rows(
        "select is_business_day from reference.calendar_days"
        " where calendar_id = 'XNYS' and calendar_date = '2026-11-20'"
    ) == [(True,)]
    desk.rows(override, None, "notice withdrawn")
    assert settles(desk, "US", "EQUITY", "2026-11-19") == "2026-11-20"
    desk.rows(
        "select reference.override_day('US_SETTLEMENT', '2026-11-21', true, 'a Saturday', 'x')"
    )
    assert settles(desk, "US", "EQUITY", "2026-11-20") == "2026-11-21"
    desk.rows("select reference.override_day('US_SETTLEMENT', '2026-11-21', null, 'back', 'x')")
    days = desk.rows(
        "select * from reference.calendar_days where calendar_id = 'US_SETTLEMENT' order by 2"
    )
    assert [row[:4] for row in days] == [row[:4] for row in before]
    assert len(desk.rows("select * from reference.calendar_overrides")) == 4


def test_an_override_beyond_every_calendar_is_refused(desk: Desk) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        desk.rows("select reference.override_day('XNYS', '1980-01-01', true, 'why', 'who')")
    assert refused.value.sqlstate == "PT020"


@pytest.mark.parametrize(
    ("date", "convention", "moved"),
    [
        ("2026-11-20", "FOLLOWING", "2026-11-20"),
        ("2026-11-21", "FOLLOWING", "2026-11-23"),
        ("2026-11-21", "PRECEDING", "2026-11-20"),
        ("2026-10-31", "FOLLOWING", "2026-11-02"),
        ("2026-10-31", "MODIFIED_FOLLOWING", "2026-10-30"),
        ("2026-11-21", "MODIFIED_FOLLOWING", "2026-11-23"),
        ("2026-08-01", "MODIFIED_PRECEDING", "2026-08-03"),
    ],
)
def test_conventions(desk: Desk, date: str, convention: str, moved: str) -> None:
    """ISDA 2006 Definitions, section 4.12: following, modified following, preceding."""
    ((found,),) = desk.rows(
        "select reference.adjust_date('US_SETTLEMENT', %s::date, %s)", date, convention
    )
    assert str(found) == moved


def test_every_market_and_day_is_answered(desk: Desk) -> None:
    last = dt.date(dt.datetime.now(dt.timezone.utc).year + YEARS_AHEAD, 11, 30)
    ((markets, days, found),) = desk.rows(
        "select count(distinct market_id), count(distinct business_date), count(*)"
        " from reference.settlement_dates(array("
        "select day::date from generate_series('1990-01-02'::date, %s, '1 day') as day))"
        " where settlement_date > business_date",
        last,
    )
    ((market_count,),) = desk.rows("select count(*) from reference.markets")
    assert markets == market_count
    assert days == (last - dt.date(1990, 1, 2)).days + 1
    assert found == days * market_count * 5


def test_a_million_trades_are_answered_in_seconds(desk: Desk) -> None:
    started = time.monotonic()
    ((answered,),) = desk.rows(
        "with traded as (select date '1990-01-02' + n %% 13000 as business_date,"
        " case n %% 3 when 0 then 'US' when 1 then 'EU' else 'FX_EURUSD' end as market_id"
        " from generate_series(1, 1000000) as n)"
        " select count(s.settlement_date) from traded"
        " left join reference.settlement_dates(array("
        "select distinct business_date from traded), '{US,EU,FX_EURUSD}') as s"
        " on s.business_date = traded.business_date and s.market_id = traded.market_id"
        " and s.asset_class = 'EQUITY' where %s",
        True,
    )
    assert answered == 1_000_000
    assert time.monotonic() - started < SECONDS_MAX


def test_the_database_counts_as_the_calendar_does(desk: Desk) -> None:
    calendar = BusinessCalendar.load("US_SETTLEMENT")
    for day in range(1, 28):
        date = dt.date(2026, 11, day)
        expected = calendar.add_business_days(date, 1)
        assert settles(desk, "US", "EQUITY", date.isoformat()) == expected.isoformat()
