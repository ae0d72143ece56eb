"""Charts of a course: days against a limit, parts that add up, measured lines."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from posttrade.charts import (
    COLUMN_HEIGHT,
    INK,
    MUTED,
    NARROW_WIDTH,
    NEGATIVE,
    PRIMARY,
    WIDTH,
    Bar,
    Chart,
    finish_chart,
    tell_apart,
)

COURSE_HEIGHT = 190
WATERFALL_HEIGHT = 150


@dataclasses.dataclass(frozen=True)
class Day:
    """One day of a history: what it brought, and the loss that was not to be exceeded."""

    date: dt.date
    limit: Decimal
    value: Decimal | None
    is_marked: bool = False


@dataclasses.dataclass(frozen=True)
class Course:
    """One line of a chart over two measured quantities, both drawn by their magnitude."""

    label: str
    points: Sequence[tuple[float, float]]


def draw_history(
    name: str, title: str, days: Sequence[Day], *, unit: str, width: int = WIDTH
) -> Chart:
    """What each day brought, as bars, against the loss that was not to be exceeded, as a line."""
    import altair as alt  # 1 s to import: only where a chart is drawn

    records = [
        {
            "day": f"{day.date:%d %b %y}",
            "floor": float(-day.limit),
            "value": None if day.value is None else float(day.value),
            "tone": NEGATIVE if day.is_marked else MUTED,
        }
        for day in days
    ]
    labels = [f"{day.date:%d %b %y}" for day in days]
    axis = alt.Axis(labelAngle=0, labelOverlap=True)
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("day:O", title=None, sort=labels, axis=axis, scale=alt.Scale(domain=labels))
    )
    layers = [
        base.mark_bar(width=4).encode(
            y=alt.Y("value:Q", title=unit, axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color("tone:N", scale=None),
        ),
        base.mark_line(color=PRIMARY, interpolate="step", point=len(days) == 1).encode(y="floor:Q"),
    ]
    chart = alt.layer(*layers).properties(width=width, height=COLUMN_HEIGHT)
    marked = [f"{day.date}" for day in days if day.is_marked]
    description = f"{title}, in {unit}, {len(days)} days; exceeded: {', '.join(marked) or 'never'}"
    return Chart(name, title, description, finish_chart(chart))


def draw_waterfall(
    name: str, title: str, bars: Sequence[Bar], *, unit: str, width: int = WIDTH
) -> Chart:
    """Parts that each begin where the one before ended; the last bar is their total."""
    import altair as alt  # 1 s to import: only where a chart is drawn

    records = []
    reached = 0.0
    for place, (label, bar) in enumerate(zip(tell_apart(bars), bars, strict=True)):
        value = float(bar.value)
        begin = 0.0 if place == len(bars) - 1 else reached
        reached = begin + value
        tone = INK if place == len(bars) - 1 else NEGATIVE if value < 0 else PRIMARY
        records.append(
            {"label": label, "begin": begin, "end": reached, "top": max(begin, reached),
             "text": bar.text, "tone": tone}
        )  # fmt: skip
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("label:O", title=None, sort=None, axis=alt.Axis(labelAngle=0))
    )
    layers = [
        base.mark_bar(size=34).encode(
            y=alt.Y("begin:Q", title=None, axis=None),
            y2="end:Q",
            color=alt.Color("tone:N", scale=None),
        ),
        base.mark_text(dy=-7, fontSize=10).encode(y="top:Q", text="text:N"),
        alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=INK).encode(y="zero:Q"),
    ]
    chart = alt.layer(*layers).properties(width=width, height=WATERFALL_HEIGHT)
    description = f"{title}, in {unit}: " + "; ".join(f"{bar.label} {bar.text}" for bar in bars)
    return Chart(name, title, description, finish_chart(chart))


def draw_courses(
    name: str, title: str, courses: Sequence[Course], *, x_title: str, y_title: str
) -> Chart:
    """Lines through measured points; both axes are logarithmic, so that a power law is straight."""
    import altair as alt  # 1 s to import: only where a chart is drawn

    records = [
        {"course": course.label, "x": x, "y": y, "place": place}
        for place, course in enumerate(courses)
        for x, y in course.points
    ]
    scale = alt.Scale(type="log", nice=True)
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("x:Q", title=x_title, scale=scale, axis=alt.Axis(format="~s", tickCount=4)),
        y=alt.Y("y:Q", title=y_title, scale=scale, axis=alt.Axis(format="~g", tickCount=4)),
        color=alt.Color(
            "course:N",
            title=None,
            sort=None,
            scale=alt.Scale(range=[PRIMARY, MUTED, NEGATIVE]),
            legend=alt.Legend(orient="top"),
        ),
        strokeDash=alt.StrokeDash("course:N", sort=None, legend=None),
        shape=alt.Shape("course:N", sort=None, legend=None),
    )
    chart = alt.layer(base.mark_line(), base.mark_point(filled=True, size=45, opacity=1))
    told = (
        f"{course.label}: " + ", ".join(f"{x:,.0f} → {y:.3g}" for x, y in course.points)
        for course in courses
    )
    description = f"{title}, {y_title} by {x_title}: {'; '.join(told)}"
    drawn = chart.properties(width=NARROW_WIDTH, height=COURSE_HEIGHT)
    return Chart(name, title, description, finish_chart(drawn))
