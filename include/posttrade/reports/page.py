"""The pack's page: one self-contained HTML file, without scripts and without anything remote."""

from __future__ import annotations

import dataclasses
import decimal
import functools
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from posttrade import __version__
from posttrade.reports import figures, typography
from posttrade.reports.anomalies import describe_components
from posttrade.reports.checks import Check, check_facts
from posttrade.reports.facts import Facts, count_outcomes, total

# sums of amounts are longer than the 28 digits that Python keeps by default
EXACT = decimal.Context(prec=200)
TEMPLATES = Path(__file__).resolve().parents[2] / "report_templates"


@dataclasses.dataclass(frozen=True)
class TableFile:
    """One CSV of the pack, as the page lists it."""

    name: str
    row_count: int
    size_bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Contents:
    """Everything the page shows that does not depend on the version it is printed for."""

    facts: Facts
    charts: Mapping[str, str]
    tables: Sequence[TableFile]
    tables_hash: str
    figures: Mapping[str, Any]
    checks: Sequence[Check]
    layout: int
    chart_currencies: Sequence[str]


@functools.cache
def make_environment() -> jinja2.Environment:
    """Templates: always escaping, and failing on any name that does not exist."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        count=typography.format_count,
        decimal=typography.format_decimal,
        amount=pad_amount,
        money=typography.format_money,
        signed=typography.format_signed,
        instant=typography.format_instant,
        words=typography.format_words,
        term=typography.format_term,
        cell=typography.format_cell,
        measure=typography.format_measure,
        show=typography.show_text,
        share=typography.format_share,
        because=describe_components,
    )
    environment.globals.update(
        total=total, scales=figures.measure_scales, difference=typography.format_difference
    )
    return environment


def pad_amount(value: Decimal | None, decimals: int = typography.MONEY_DECIMALS) -> Markup:
    """Money with the decimals of its column; zeros that only keep the points in line stand back."""
    text = typography.format_amount(value, decimals)
    short = typography.format_amount(value, min(decimals, typography.MONEY_DECIMALS))
    if short == text:
        return Markup(short)  # noqa: S704  digits, separators and a dash
    return Markup('{}<span class="pad">{}</span>').format(short, text[len(short) :])


def build_contents(
    facts: Facts, tables: Sequence[Path], hashes: Mapping[str, str], *, layout: int
) -> Contents:
    """Draw the charts and work out sub-totals and checks.

    Args:
        facts: what the database says.
        tables: the CSV files already written.
        hashes: their SHA-256 by file name.
        layout: number of the page's form.
    """
    listed = [
        TableFile(path.name, _count_rows(path), path.stat().st_size, hashes[path.name])
        for path in tables
    ]
    lines = "".join(f"{table.sha256}  {table.name}\n" for table in listed)
    with decimal.localcontext(EXACT):
        return Contents(
            facts=facts,
            charts=figures.draw_charts(facts),
            tables=listed,
            tables_hash=hashlib.sha256(lines.encode("utf-8")).hexdigest(),
            figures=figures.build_figures(facts),
            checks=check_facts(facts),
            layout=layout,
            chart_currencies=figures.choose_currencies(facts),
        )


def write_page(
    path: Path,
    contents: Contents,
    version: int,
    previous_hash: str | None,
    changes: Mapping[str, Any],
) -> None:
    """Write the page as a given version of the pack."""
    template = make_environment().get_template("end_of_day.html.j2")
    with decimal.localcontext(EXACT):
        text = template.render(
            contents=contents,
            facts=contents.facts,
            header=contents.facts.header,
            # drawn by us and proven inert by charts.render_svg
            charts={name: Markup(svg) for name, svg in contents.charts.items()},  # noqa: S704
            figures=contents.figures,
            outcomes=count_outcomes(contents.facts),
            version=version,
            previous_hash=previous_hash,
            changes=changes,
            code_version=__version__,
            day=f"{contents.facts.business_date:%Y%m%d}",
        )
    path.write_bytes(text.encode("utf-8"))


def _count_rows(path: Path) -> int:
    # quoted cells may hold line ends: lines count as rows only outside quotes
    count, is_quoted = 0, False
    with path.open("rb") as file:
        for line in file:
            if line.count(b'"') % 2:
                is_quoted = not is_quoted
            count += not is_quoted
    return max(count - 1, 0)
