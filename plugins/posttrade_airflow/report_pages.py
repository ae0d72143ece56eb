"""Reports and Data Docs as pages of the Airflow server, for those who may see ``end_of_day``.

Airflow does not authenticate what a plugin mounts: every route here asks Airflow who is calling and
whether they may read that Dag's runs. Of a report only what its manifest lists is served; nothing
is ever written.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import re
from pathlib import Path
from typing import Any

import jinja2
import psycopg
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.sdk.exceptions import AirflowException
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from posttrade.errors import PostTradeError
from posttrade.reports.overview import DateState, read_overview
from posttrade.reports.typography import format_count, format_words
from posttrade_airflow.python_step import find_data_docs_dir, find_reports_dir, read_dsn

MANIFEST = "manifest.json"
VERSION_FOLDER = re.compile(r"v([1-9][0-9]{0,8})")
DATA_DOCS_PAGE = re.compile(r"[A-Za-z0-9_-]+\.html")
DATES_MAX = 1000
HEADERS = {
    # a report has no scripts; should one ever get in, it must not run
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
}
may_read = requires_access_dag("GET", DagAccessEntity.RUN, param_dag_id="end_of_day")
templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
)
templates.filters.update(count=format_count, words=format_words)
log = logging.getLogger(__name__)
app = FastAPI(
    title="Reports",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(may_read)],
)


@dataclasses.dataclass(frozen=True)
class PackFolder:
    """One version of a date's pack, as its manifest tells."""

    business_date: dt.date
    version: int
    directory: Path
    manifest: dict[str, Any]

    @property
    def files(self) -> list[str]:
        """Names of the files, pages first."""
        return sorted(self.manifest["files"], key=lambda name: (not name.endswith(".html"), name))


@app.exception_handler(HTTPException)
async def answer_error(request: Request, error: HTTPException) -> Response:
    """Send a browser that is not logged in to the login page; others get the plain answer."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
    return JSONResponse({"detail": error.detail}, error.status_code, headers=HEADERS)


@app.get("/")
def show_packs() -> HTMLResponse:
    """Dates with their state, newest first; without the database, what lies on disk."""
    packs: dict[dt.date, list[PackFolder]] = {}
    for pack in list_packs(find_reports_dir()):
        packs.setdefault(pack.business_date, []).append(pack)
    states, problem = read_states()
    dates = sorted({*packs, *states}, reverse=True)
    page = templates.get_template("report_pages.html.j2").render(
        rows=[(date, states.get(date), packs.get(date, [])) for date in dates],
        problem=problem,
        close_again=sorted(
            date for date, state in states.items() if state.state in ("out_of_date", "failed")
        ),
        data_docs={date for date in dates if (find_data_docs_dir() / f"{date}").is_dir()},
    )
    return HTMLResponse(page, headers=HEADERS)


def read_states() -> tuple[dict[dt.date, DateState], str]:
    """What the database says of each date; the problem in words when it cannot be asked."""
    try:
        found = read_overview(read_dsn())
    except (PostTradeError, AirflowException, psycopg.Error) as error:
        log.warning("the list of reports is shown without the database", exc_info=True)
        return {}, f"{type(error).__name__}: {error}"
    return {state.business_date: state for state in found}, ""


@app.get("/data-docs/{business_date}/{name}")
def show_data_docs(business_date: dt.date, name: str) -> FileResponse:
    """One page of Great Expectations."""
    if not DATA_DOCS_PAGE.fullmatch(name):
        raise HTTPException(404, "no such page")
    folder = find_data_docs_dir()
    return answer_file(folder, folder / business_date.isoformat() / name)


@app.get("/{business_date}/v{version}/{name}")
def show_file(business_date: dt.date, version: int, name: str) -> FileResponse:
    """One file of a pack."""
    folder = find_reports_dir() / business_date.isoformat() / f"v{version}"
    pack = read_pack(folder)
    if pack is None or (name != MANIFEST and name not in pack.manifest["files"]):
        raise HTTPException(404, "no such file in this version of the report")
    return answer_file(find_reports_dir(), folder / name)


def answer_file(root: Path, path: Path) -> FileResponse:
    """A file below a folder; tables are downloaded, pages shown."""
    if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
        raise HTTPException(404, "the file is missing from its folder")
    return FileResponse(
        path,
        media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        filename=path.name,
        content_disposition_type="attachment" if path.suffix == ".csv" else "inline",
        headers=HEADERS,
    )


def list_packs(reports_dir: Path) -> list[PackFolder]:
    """Every readable pack of the newest dates, newest date and version first."""
    if not reports_dir.is_dir():
        return []
    days = sorted((path for path in reports_dir.iterdir() if _is_date(path.name)), reverse=True)
    packs = [
        pack
        for day in days[:DATES_MAX]
        for folder in day.iterdir()
        if (pack := read_pack(folder)) is not None
    ]
    return sorted(packs, key=lambda pack: (pack.business_date, pack.version), reverse=True)


def read_pack(folder: Path) -> PackFolder | None:
    """The pack in a version's folder, or None when there is none (a draft, a left-over)."""
    number = VERSION_FOLDER.fullmatch(folder.name)
    if number is None or not _is_date(folder.parent.name):
        return None
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    business_date = dt.date.fromisoformat(folder.parent.name)
    return PackFolder(business_date, int(number[1]), folder, manifest)


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
