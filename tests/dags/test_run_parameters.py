"""Where a run's business date comes from, and that a run without one is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from posttrade.errors import ConfigurationError
from posttrade_airflow.run_parameters import find_business_date, read_run_parameters

from .conftest import make_context

DAY = dt.date(2026, 11, 12)


@pytest.mark.parametrize(
    ("key", "params"),
    [
        ("2026-11-12", {}),
        ("2026-11-12", {"business_date": None}),
        (None, {"business_date": "2026-11-12"}),
        ("2026-11-12", {"business_date": "2026-11-12"}),
    ],
)
def test_key_or_parameter_gives_the_date(key: str | None, params: dict[str, Any]) -> None:
    run = read_run_parameters(make_context(key, params))
    assert run.business_date == DAY
    assert run.run_id == "manual__1"


def test_a_weekend_may_be_closed_by_hand() -> None:
    run = read_run_parameters(make_context(None, {"business_date": "2026-11-14"}))
    assert run.business_date == dt.date(2026, 11, 14)


@pytest.mark.parametrize("params", [{}, {"business_date": None}, {"business_date": ""}])
def test_a_run_without_a_date_is_refused_and_told_how_to_give_one(params: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="no business date") as refused:
        read_run_parameters(make_context(None, params))
    assert "posttrade close" in str(refused.value)
    assert find_business_date(make_context(None, params)) is None


def test_two_dates_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two business dates"):
        read_run_parameters(make_context("2026-11-12", {"business_date": "2026-11-13"}))


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "20261112", "2026-11-12T00:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="YYYY-MM-DD"):
        read_run_parameters(make_context(None, {"business_date": text}))
