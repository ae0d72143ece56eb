"""From a Dag run to the two things that every step is told: the business date and the run's id."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from posttrade.errors import ConfigurationError

PARAMETER = "business_date"


@dataclasses.dataclass(frozen=True)
class RunParameters:
    """What a run is about; ``business_date`` is the only clock that data sees."""

    business_date: dt.date
    run_id: str


def read_run_parameters(context: Mapping[str, Any]) -> RunParameters:
    """Business date of a run: its partition key, or the parameter ``business_date``.

    Raises:
        ConfigurationError: the run has none, two that differ, or one that is no date.
    """
    run = context["dag_run"]
    given = {
        "partition key": getattr(run, "partition_key", None),
        f"parameter {PARAMETER}": (context.get("params") or {}).get(PARAMETER),
    }
    dates = {source: _read_date(source, value) for source, value in given.items() if value}
    if not dates:
        raise ConfigurationError(
            f"run {run.run_id} has no business date and is refused: trigger {run.dag_id} again "
            f'with the parameter {{"{PARAMETER}": "YYYY-MM-DD"}} (the form on the page asks '
            "for it), or use `./posttrade close YYYY-MM-DD`"
        )
    if len(set(dates.values())) > 1:
        found = ", ".join(f"{source} {day}" for source, day in dates.items())
        raise ConfigurationError(f"run {run.run_id} has two business dates: {found}; give one")
    return RunParameters(next(iter(dates.values())), run.run_id)


def find_business_date(context: Mapping[str, Any]) -> dt.date | None:
    """Business date of a run that need not have one."""
    try:
        return read_run_parameters(context).business_date
    except ConfigurationError:
        return None


def _read_date(source: str, value: object) -> dt.date:
    text = str(value)
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or date.isoformat() != text:
        raise ConfigurationError(f"{source} is {value!r}: expected a business date as YYYY-MM-DD")
    return date
