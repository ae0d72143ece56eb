from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from posttrade import charts

HOSTILE = ("<script>alert(1)</script>", 'a"b&c', "=cmd()", "x" * 500, "same", "same", "\u202ertl")
BARS = [
    charts.Bar(label, Decimal(number - 3), f"{number - 3}.00")
    for number, label in enumerate(HOSTILE)
]


@pytest.mark.parametrize("draw", [charts.draw_bars, charts.draw_columns])
def test_a_chart_is_the_same_each_time(draw: object) -> None:
    first = charts.render_svg(draw("one", "One", BARS, unit="trades"))  # type: ignore[operator]
    charts.render_svg(draw("two", "Two", BARS[:2], unit="trades"))  # type: ignore[operator]
    again = charts.render_svg(draw("one", "One", BARS, unit="trades"))  # type: ignore[operator]
    assert first == again


def test_a_chart_is_inert_and_described() -> None:
    svg = charts.render_svg(charts.draw_bars("risk", "Risk & more", BARS, unit="USD"))
    assert "http" not in svg
    assert "<script" not in svg
    assert "href" not in svg
    root = ElementTree.fromstring(svg)  # noqa: S314  our own drawing
    assert root.attrib["role"] == "img"
    assert root[0].tag == "title"
    assert root[0].text == "Risk & more"
    assert root[1].tag == "desc"
    assert all(name.startswith("risk-") for name in re.findall(r'\bid="([^"]*)"', svg))
    # two bars with the same name stay two bars
    texts = [element.text for element in root.iter("text")]
    assert "same" in texts
    assert "same (2)" in texts


def test_a_chart_without_values() -> None:
    bars = [charts.Bar("none", Decimal(0), "0")]
    assert "<svg" in charts.render_svg(charts.draw_bars("zero", "Zero", bars, unit="trades"))


def test_png() -> None:
    png = charts.render_png(charts.draw_bars("risk", "Risk", BARS, unit="USD"))
    assert png.startswith(b"\x89PNG")
