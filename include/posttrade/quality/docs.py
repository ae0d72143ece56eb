"""Data Docs of a close: the package's own sections in pages that load nothing.

The package's page frame fetches styles, scripts and fonts from public hosts. The sections are its
own; the frame and the style are ours (``great_expectations/plugins/custom_data_docs``). No script,
a policy in each page that forbids any load, and no row of data: pages name rules, bounds, counts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from posttrade.database import connect, read_step
from posttrade.errors import GateFailed, InvariantBroken
from posttrade.quality.engine import PROJECT_ROOT

VIEWS = PROJECT_ROOT / "plugins" / "custom_data_docs" / "views"
DATES_KEPT_MAX = 30
PAGE_BYTES_MAX = 2_000_000
DATE_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}")
LOADS = re.compile(
    r"<(?:script|link|img|iframe)\b|\bsrc\s*=|url\(|@import|https?://", re.IGNORECASE
)
# targets of the package's own site, which is not built here
SITE_LINK = re.compile(r'\shref="\.\./[^"]*"')


@dataclasses.dataclass(frozen=True)
class DataDocs:
    """What was built: pages out of results."""

    index: Path
    rows_in: int
    rows_out: int


def build_data_docs(dsn: str, business_date: dt.date, *, target_dir: Path) -> DataDocs:
    """Build the pages of a date's close; earlier pages of the date are replaced, old dates removed.

    Args:
        dsn: connection string of the trade database.
        business_date: a date that ``validate_day`` has judged.
        target_dir: gets one folder per business date; the newest ``DATES_KEPT_MAX`` are kept.

    Returns:
        The date's ``index.html``; results read and pages written.

    Raises:
        GateFailed: no suite has been run over the date.
    """
    results = read_results(dsn, business_date)
    if not results:
        raise GateFailed(
            f"business date {business_date} has no validation results: run validate_day first"
        )
    target_dir.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target_dir))
    try:
        pages = render_pages(results, business_date)
        for name, page in pages.items():
            (draft / name).write_text(check_page(name, page), encoding="utf-8")
        draft.chmod(0o755)
        folder = target_dir / business_date.isoformat()
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    remove_old_dates(target_dir)
    return DataDocs(folder / "index.html", len(results), len(pages))


def read_results(dsn: str, business_date: dt.date) -> list[dict[str, Any]]:
    """Newest result of each suite of the date."""
    with connect(dsn) as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        query = read_step("quality/read_day_results").encode()
        return cursor.execute(query, {"business_date": business_date}).fetchall()


def render_pages(results: list[dict[str, Any]], business_date: dt.date) -> dict[str, str]:
    """File name to page: one page for each suite, and the index."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    view: Any = DefaultJinjaPageView(custom_views_directory=str(VIEWS))
    date = business_date.isoformat()
    pages = {
        f"{result['suite']}.html": view.render(
            render_sections(result["validation"]),
            template="data_docs_page.j2",
            suite=result["suite"],
            rules=list_rules(result["validation"]),
            business_date=date,
        )
        for result in results
    }
    index = view.env.get_template("data_docs_index.j2")
    pages["index.html"] = index.render(results=results, business_date=date)
    return {name: SITE_LINK.sub("", page) for name, page in pages.items()}


def render_sections(validation: dict[str, Any]) -> Any:
    """The package's own rendering of one result."""
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    for result in validation["results"]:
        kwargs = result["expectation_config"]["kwargs"]
        if result["success"] and "column" in kwargs and "mostly" not in kwargs:
            # the first pass answers yes or no; yes means that no row broke the rule
            result["result"] = {"unexpected_percent": 0.0}
    document = expectationSuiteValidationResultSchema.load(validation)
    return ValidationResultsPageRenderer().render(document)


def list_rules(validation: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, level, sentence and outcome of each rule, in the suite's order."""
    return [
        {**result["expectation_config"]["meta"], "is_success": result["success"]}
        for result in validation["results"]
    ]


def check_page(name: str, page: str) -> str:
    """The page itself, unless it would load something or has outgrown its limit."""
    found = LOADS.search(page)
    if found:
        raise InvariantBroken(f"page {name} would load something: {found.group()!r}")
    if len(page) > PAGE_BYTES_MAX:
        raise InvariantBroken(f"page {name} has {len(page)} characters, limit {PAGE_BYTES_MAX}")
    return page


def remove_old_dates(target_dir: Path) -> None:
    """Keep the newest dates' folders; a later close of an old date builds its pages again."""
    folders = [path for path in target_dir.iterdir() if DATE_FOLDER.fullmatch(path.name)]
    for folder in sorted(folders)[:-DATES_KEPT_MAX]:
        shutil.rmtree(folder)
