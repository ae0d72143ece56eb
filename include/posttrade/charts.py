"""Charts: one specification each, drawn as inline SVG for pages and as PNG for mails.

Values become binary floats for the geometry of bars only; every number a reader sees is a text
made from the exact value. Colours stay apart for colour-blind readers and in black and white, and
each bar carries its value, so that nothing is told by colour alone.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # the first one comes with the renderer
INK = "#1d2733"
MUTED = "#5c6773"
RULE = "#cfd6dd"
PRIMARY = "#24527a"
NEGATIVE = "#c8643c"
WIDTH = 680  # labels included
NARROW_WIDTH = 400  # two charts beside each other
BAR_STEP = 22
COLUMN_HEIGHT = 120
LABEL_LENGTH_MAX = 34
HEADROOM = 1.22  # room for the value texts above the highest column
TEXT_PX = 6.4  # width of a character, on the safe side
GAP_PX = 12
XML_NAMESPACES = re.compile(r'\s+xmlns(:xlink)?="[^"]*"')
FORBIDDEN = re.compile(r"<\s*(script|foreignObject|image|use|a)\b|\son\w+\s*=|href\s*=", re.I)


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, how long it is, and the exact text written beside it."""

    label: str
    value: Decimal
    text: str
    is_marked: bool = False


@dataclasses.dataclass(frozen=True)
class Chart:
    """A chart with what a screen reader says instead of it."""

    name: str
    title: str
    description: str
    specification: dict[str, Any]


def draw_bars(
    name: str, title: str, bars: Sequence[Bar], *, unit: str, width: int = WIDTH
) -> Chart:
    """Horizontal bars in the given order; negative values grow to the left of the zero line."""
    import altair as alt  # 1 s to import: only where a chart is drawn

    records = [
        {
            "label": label,
            "value": float(bar.value),
            "text": bar.text,
            "tone": NEGATIVE if bar.value < 0 or bar.is_marked else PRIMARY,
        }
        for label, bar in zip(tell_apart(bars), bars, strict=True)
    ]
    domain = _fit_domain(
        bars, width - TEXT_PX * max((len(label) for label in tell_apart(bars)), default=0)
    )
    base = alt.Chart(alt.InlineData(values=records)).encode(
        y=alt.Y(
            "label:N",
            title=None,
            sort=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8),
        ),
    )
    drawn = base.mark_bar(height=14).encode(
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=domain, nice=False)),
        color=alt.Color("tone:N", scale=None),
    )
    right = base.mark_text(align="left", dx=5).encode(x="value:Q", text="text:N")
    left = base.mark_text(align="right", dx=-5).encode(x="value:Q", text="text:N")
    layers = [
        drawn,
        right.transform_filter("datum.value >= 0"),
        left.transform_filter("datum.value < 0"),
        alt.Chart(alt.InlineData(values=[{"zero": 0}]))
        .mark_rule(color=INK, strokeWidth=1)
        .encode(x=alt.X("zero:Q", scale=alt.Scale(domain=domain, nice=False))),
    ]
    chart = alt.layer(*layers).properties(width=width, height=alt.Step(BAR_STEP))
    description = f"{title}, in {unit}: " + "; ".join(f"{bar.label} {bar.text}" for bar in bars)
    return Chart(name, title, description, finish_chart(chart))


def draw_columns(
    name: str, title: str, bars: Sequence[Bar], *, unit: str, width: int = WIDTH
) -> Chart:
    """Upright columns in the given order, for a course of time."""
    import altair as alt  # as above

    records = [
        {"label": label, "value": float(bar.value), "text": bar.text}
        for label, bar in zip(tell_apart(bars), bars, strict=True)
    ]
    largest = max((float(bar.value) for bar in bars), default=0.0) or 1.0
    base = alt.Chart(alt.InlineData(values=records)).encode(
        x=alt.X("label:O", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "value:Q",
            title=None,
            axis=None,
            scale=alt.Scale(domain=[0, largest * HEADROOM], nice=False),
        ),
    )
    layers = [
        base.mark_bar(color=PRIMARY),
        base.mark_text(dy=-7, fontSize=10).encode(text="text:N"),
    ]
    chart = alt.layer(*layers).properties(width=width, height=COLUMN_HEIGHT)
    description = f"{title}, in {unit}: " + "; ".join(f"{bar.label} {bar.text}" for bar in bars)
    return Chart(name, title, description, finish_chart(chart))


def render_svg(chart: Chart) -> str:
    """The chart as an SVG element for use inside a page: named, described, scalable, inert."""
    import vl_convert  # loads a 60 MB library: only where a chart is drawn

    svg = vl_convert.vegalite_to_svg(chart.specification, allowed_base_urls=[])
    svg = XML_NAMESPACES.sub("", svg)
    svg = _number_ids(svg, chart.name)
    svg = re.sub(r'\s(role|aria-roledescription|aria-label|aria-hidden)="[^"]*"', "", svg)
    if FORBIDDEN.search(re.sub(r">[^<]*<", "><", svg)):
        raise ValueError(f"chart {chart.name} holds something that is not a drawing")
    opening, rest = svg.split(">", 1)
    return (
        f'{opening} role="img" aria-labelledby="{chart.name}-title {chart.name}-description">'
        f'<title id="{chart.name}-title">{html.escape(chart.title)}</title>'
        f'<desc id="{chart.name}-description">{html.escape(chart.description)}</desc>{rest}'
    )


def render_png(chart: Chart, *, scale: float = 2.0) -> bytes:
    """The chart as PNG, for mail readers that show no SVG."""
    import vl_convert  # as above

    png = vl_convert.vegalite_to_png(chart.specification, scale=scale, allowed_base_urls=[])
    return bytes(png)


def _fit_domain(bars: Sequence[Bar], plot_px: float) -> list[float]:
    # bounds of the axis that leave room for the value texts at both ends
    above = [bar for bar in bars if bar.value >= 0]
    below = [bar for bar in bars if bar.value < 0]
    high = float(max((bar.value for bar in above), default=Decimal(0)))
    low = float(max((-bar.value for bar in below), default=Decimal(0)))
    high_px = TEXT_PX * max((len(bar.text) for bar in above), default=0) + GAP_PX
    low_px = TEXT_PX * max((len(bar.text) for bar in below), default=0) + GAP_PX if below else 0
    unit_px = max(plot_px - high_px - low_px, GAP_PX) / ((high + low) or 1.0)
    return [-low - low_px / unit_px, high + high_px / unit_px]


def _number_ids(svg: str, name: str) -> str:
    # the renderer counts its ids through all charts of a process: count anew in each
    numbers: dict[str, int] = {}

    def rename(found: re.Match[str]) -> str:
        number = numbers.setdefault(found.group(2), len(numbers) + 1)
        return f"{found.group(1)}{name}-{number}{found.group(3)}"

    return re.sub(r'(\bid="|url\(#)([^")]*)("|\))', rename, svg)


def tell_apart(bars: Sequence[Bar]) -> list[str]:
    """Labels of bars, each another one."""
    # equal labels would be drawn on top of each other
    labels: list[str] = []
    for bar in bars:
        label = bar.label
        if len(label) > LABEL_LENGTH_MAX:
            label = label[: LABEL_LENGTH_MAX - 1] + "…"
        seen = sum(other == label or other.startswith(label + " (") for other in labels)
        labels.append(f"{label} ({seen + 1})" if seen else label)
    return labels


def finish_chart(chart: Any) -> dict[str, Any]:
    """The specification, in the type and colours of all charts."""
    configured = chart.properties(autosize={"type": "fit-x", "contains": "padding"}).configure(
        font=FONT,
        background="transparent",
        padding={"left": 2, "right": 2, "top": 4, "bottom": 4},
    )
    configured = (
        configured.configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=INK,
            labelFontSize=11,
            labelLimit=230,
            grid=False,
            domainColor=RULE,
            tickColor=RULE,
        )
        .configure_text(color=INK, fontSize=11)
    )
    # looking the whole specification through again costs as much as drawing it
    specification: dict[str, Any] = configured.to_dict(validate=False)
    return specification
