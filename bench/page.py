"""Lay the kept results of all benchmarks out as one page that a sceptical reader can judge."""

from __future__ import annotations

import ast
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import jinja2
import typer
from markupsafe import Markup

from bench import bars, harness
from posttrade.charts import Bar, Chart, draw_bars, render_svg
from posttrade.course_charts import Course, draw_courses

TEMPLATE = "page.html.j2"
PAGE = "benchmarks.html"
ORDER = ("drain", "reconcile", "cycle", "latency", "settle", "pnl", "export", "day", "anomalies")
PARTS = ("Product", "Limit", "Peer")
SHARE_SHOWN_MAX = Decimal(3)  # a bar missed by more is drawn as long as this
MINUTE_S = 60


def main(
    results: Annotated[
        Path, typer.Option(help="Folder of the results, also for the page.")
    ] = harness.RESULTS,
) -> None:
    """Write the page from the results that are there, without measuring anything."""
    print(write_page(results))


def write_page(folder: Path, failures: Mapping[str, str] | None = None) -> Path:
    """Write ``benchmarks.html`` into a folder of results.

    Args:
        folder: holds ``<benchmark>.json``.
        failures: benchmarks that did not come to an end, and why.
    """
    sections = [read_section(name, folder) for name in ORDER]
    measured = [section for section in sections if section["result"]]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(seconds=show_seconds, number=show_number, instant=show_instant)
    page = environment.get_template(TEMPLATE).render(
        sections=measured,
        missing=[section for section in sections if not section["result"]],
        failures=failures or {},
        overview=draw_overview(measured),
        machines=list_distinct([section["result"]["machine"] for section in measured]),
        versions=merge_versions([section["result"]["versions"] for section in measured]),
        say_met=bars.say_met,
    )
    path = folder / PAGE
    path.write_text(page, encoding="utf-8")
    return path


def read_section(name: str, folder: Path) -> dict[str, Any]:
    """Everything the page says of one benchmark."""
    path = folder / f"{name}.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if "date" not in result:  # written by an older version: nothing a reader could judge
        result = {}
    rows = result["rows"] if result else []
    return {
        "name": name,
        "about": read_docstring(name),
        "result": result,
        "rows": rows,
        "judgements": bars.judge(name, rows),
        "charts": [
            {"title": chart.title, "svg": Markup(render_svg(chart))}  # noqa: S704  proven inert
            for chart in draw_charts(name, rows)
        ],
    }


def read_docstring(name: str) -> dict[str, str]:
    """The question of a benchmark, and what its product, limit and peer are."""
    path = Path(__file__).with_name(f"{name}.py")
    if not path.exists():
        return {}
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    question, _, rest = text.partition("\n\n")
    about = {"question": " ".join(question.split()), "rest": ""}
    part = "rest"
    for word in rest.replace("``", "").split():
        if word.rstrip(":") in PARTS and word.endswith(":"):
            part = word.rstrip(":").lower()
            about[part] = ""
        else:
            about[part] = f"{about[part]} {word}".strip()
    return about


def draw_overview(sections: Sequence[Mapping[str, Any]]) -> Markup | None:
    """How much of each bar is used up: 1 is the bar itself, less is better."""
    drawn = []
    for section in sections:
        for judgement in section["judgements"]:
            if judgement.value:
                bar = judgement.bar
                share = judgement.value / bar.reach
                used = Decimal(str(1 / share if bar.sense == "at_least" else share))
                sign = "≥" if bar.sense == "at_least" else "≤"
                text = f"{judgement.value:.3g} ({sign} {bar.reach:g})"
                label = " ".join(filter(None, (bar.benchmark, bar.variant, bar.figure)))
                shown = min(used, SHARE_SHOWN_MAX)
                drawn.append(
                    Bar(label.replace("_", " "), shown, text, is_marked=not judgement.reaches)
                )
    if not drawn:
        return None
    title = "Share of each bar that is used up; the bar itself ends at 1"
    at_one = Bar("the bar", Decimal(1), "1")
    return Markup(  # noqa: S704  drawn by us and proven inert
        render_svg(draw_bars("overview", title, [at_one, *drawn], unit="times the bar"))
    )


def draw_charts(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Seconds beside limit and peer at each size; growth where there are several."""
    charts = []
    for number, row in enumerate(rows):
        sides = (("product", "seconds"), ("limit", "limit_seconds"), ("peer", "peer_seconds"))
        drawn = [
            Bar(side, Decimal(str(row[column])), show_seconds(row[column]))
            for side, column in sides
            if row[column] is not None
        ]
        if len(drawn) > 1:
            of = f"{row['rows']:,} rows" + (f", {row['variant']}" if row.get("variant") else "")
            title = f"{name}: seconds at {of}"
            charts.append(draw_bars(f"{name}-{number}", title, drawn, unit="seconds", width=400))
    for variant in dict.fromkeys(row.get("variant", "") for row in rows):
        of_variant = [row for row in rows if row.get("variant", "") == variant]
        if len({row["rows"] for row in of_variant}) > 1:
            charts.append(draw_growth(name, variant, of_variant))
    return charts


def draw_growth(name: str, variant: str, rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Seconds over rows, for the product and what stands beside it."""
    ordered = sorted(rows, key=lambda row: int(row["rows"]))
    courses = [
        Course(side, [(row["rows"], row[column]) for row in ordered if row[column]])
        for side, column in (
            ("product", "seconds"),
            ("limit", "limit_seconds"),
            ("peer", "peer_seconds"),
        )
    ]
    title = f"{name}{f' {variant}' if variant else ''}: growth (both axes logarithmic)"
    drawn = [course for course in courses if course.points]
    identity = f"{name}-growth-{variant.lower() or 'all'}"
    return draw_courses(identity, title, drawn, x_title="rows", y_title="seconds")


def list_distinct(values: Sequence[Any]) -> list[Any]:
    """Each value once, the load of the machine left out."""
    cut = [
        {name: fact for name, fact in value.items() if not name.startswith("load")}
        for value in values
    ]
    return [value for place, value in enumerate(cut) if value not in cut[:place]]


def merge_versions(versions: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Every version that took part; several of one thing stand beside each other."""
    merged: dict[str, list[str]] = {}
    for entry in versions:
        for name, version in entry.items():
            if version not in merged.setdefault(name, []):
                merged[name].append(version)
    return {name: ", ".join(found) for name, found in merged.items()}


def show_seconds(value: float | None) -> str:
    """A duration with three significant digits, at most milliseconds."""
    if value is None:
        return "–"
    if value >= MINUTE_S:
        return f"{value:,.1f} s"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:,.0f} ms"


def show_number(value: float | None) -> str:
    """A figure with thousands separators."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def show_instant(value: str) -> str:
    """An ISO instant for a reader."""
    return f"{dt.datetime.fromisoformat(value):%Y-%m-%d %H:%M} UTC"


if __name__ == "__main__":
    typer.run(main)
