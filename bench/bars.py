"""What each benchmark has to reach, and what it should beat: the bars, and who meets them.

The bars stand in ``bars.json``. ``figure`` is a column of a result, or ``growth`` (seconds at
``rows`` over seconds at ``rows_from``), or ``exponent`` (of the power law through these two).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BARS = Path(__file__).with_name("bars.json")
SIZE_SHARE_MIN = 0.9  # a simulated backlog has not exactly as many messages as asked for
FIGURES = {
    "limit_ratio": "{limit} at {rows:,} rows",
    "peer_ratio": "peer's time / product's time at {rows:,} rows",
    "seconds": "seconds at {rows:,} rows",
    "growth": "time at {rows:,} rows / time at {rows_from:,}",
    "exponent": "exponent of growth from {rows_from:,} to {rows:,}",
}

ResultRow = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar of ``bars.json``."""

    benchmark: str
    variant: str
    figure: str
    rows: int
    sense: str
    reach: float
    beat: float | None
    rows_from: int | None = None

    def is_met(self, value: float, bound: float) -> bool:
        """Whether a figure is on the right side of a bound, or on it."""
        return value >= bound if self.sense == "at_least" else value <= bound


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A bar beside what was measured; nothing where no row has the bar's size."""

    bar: Bar
    value: float | None
    name: str

    @property
    def reaches(self) -> bool | None:
        """Whether the lower bar is met; None when it was not measured."""
        return None if self.value is None else self.bar.is_met(self.value, self.bar.reach)

    @property
    def beats(self) -> bool | None:
        """Whether the higher bar is met; None when there is none, or nothing was measured."""
        if self.value is None or self.bar.beat is None:
            return None
        return self.bar.is_met(self.value, self.bar.beat)

    def describe(self) -> str:
        """One line for the terminal."""
        sign = "≥" if self.bar.sense == "at_least" else "≤"
        bounds = f"reach {sign} {self.bar.reach:g}: {say_met(self.reaches)}"
        if self.bar.beat is not None:
            bounds += f"; beat {sign} {self.bar.beat:g}: {say_met(self.beats)}"
        value = "not measured" if self.value is None else f"{self.value:.3g}"
        return f"{self.name}: {value}   ({bounds})"


def say_met(is_met: bool | None) -> str:
    """In a word."""
    return {True: "yes", False: "NO", None: "–"}[is_met]


def read_bars(benchmark: str, path: Path = BARS) -> list[Bar]:
    """The bars of one benchmark."""
    bars = [Bar(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))["bars"]]
    return [bar for bar in bars if bar.benchmark == benchmark]


def judge(benchmark: str, rows: Sequence[ResultRow]) -> list[Judgement]:
    """Hold a benchmark's rows against its bars."""
    return [judge_bar(bar, rows) for bar in read_bars(benchmark)]


def judge_bar(bar: Bar, rows: Sequence[ResultRow]) -> Judgement:
    """One bar and the rows of its size."""
    at_size = find_row(bar, bar.rows, rows)
    value: float | None = None
    if at_size is not None and bar.rows_from is None:
        value = at_size[bar.figure]
    elif at_size is not None and bar.rows_from is not None:
        smaller = find_row(bar, bar.rows_from, rows)
        if smaller is not None:
            growth = at_size["seconds"] / smaller["seconds"]
            factor = math.log(at_size["rows"] / smaller["rows"])
            value = growth if bar.figure == "growth" else math.log(growth) / factor
    is_rate = any(row.get("is_rate") for row in rows)
    limit = "share of the limit's rate" if is_rate else "time / limit's time"
    name = FIGURES[bar.figure].format(rows=bar.rows, rows_from=bar.rows_from or 0, limit=limit)
    return Judgement(bar, value, f"{name}, {bar.variant}" if bar.variant else name)


def find_row(bar: Bar, size: int, rows: Sequence[ResultRow]) -> ResultRow | None:
    """The row of a size, or nothing."""
    return next(
        (
            row
            for row in rows
            if row.get("variant", "") == bar.variant
            and SIZE_SHARE_MIN <= row["rows"] / size <= 1 / SIZE_SHARE_MIN
        ),
        None,
    )


def is_full_size(benchmark: str, rows: Sequence[ResultRow]) -> bool:
    """Whether the rows have every size that a bar asks for: only such a run is kept."""
    return all(
        any(SIZE_SHARE_MIN <= row["rows"] / size <= 1 / SIZE_SHARE_MIN for row in rows)
        for bar in read_bars(benchmark)
        for size in (bar.rows, bar.rows_from)
        if size is not None
    )
