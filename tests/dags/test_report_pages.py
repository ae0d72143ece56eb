"""The pages: only for those who may, only what is listed, and harmless."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from posttrade.reports.overview import DateState
from posttrade_airflow import report_pages
from posttrade_airflow.report_link import build_report_url
from posttrade_airflow.report_pages import app, may_read

PAGE = "end_of_day_20261112.html"


@pytest.fixture
def reports_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports" / "2026-11-12" / "v1"
    folder.mkdir(parents=True)
    (folder / PAGE).write_text("<h1>closed</h1>", encoding="utf-8")
    (folder / "breaks.csv").write_text("trade_id\nT1\n", encoding="utf-8")
    (folder / "notes.txt").write_text("not part of the report", encoding="utf-8")
    listed = {PAGE: {}, "breaks.csv": {}, "<script>.csv": {}}
    manifest = {"content_hash": "abc", "files": listed}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "reports" / "2026-11-12" / ".draft-1").mkdir()
    (tmp_path / "secrets.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("POSTTRADE_HOME", str(tmp_path))
    monkeypatch.setenv("POSTTRADE_REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.setattr(report_pages, "read_states", lambda: ({}, "the database is away"))
    return tmp_path / "reports"


@pytest.fixture
def client(reports_dir: Path) -> Iterator[TestClient]:
    app.dependency_overrides[may_read] = lambda: None
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.mark.parametrize(
    "path",
    ["/", f"/2026-11-12/v1/{PAGE}", "/2026-11-12/v1/manifest.json", "/data-docs/2026-11-12/a.html"],
)
def test_strangers_see_nothing(reports_dir: Path, path: str) -> None:
    answer = TestClient(app).get(path)
    assert answer.status_code == 401
    assert "closed" not in answer.text


def test_a_forged_token_opens_nothing(reports_dir: Path) -> None:
    from airflow.api_fastapi.app import create_auth_manager

    create_auth_manager()
    forged = jwt.encode({"sub": "admin", "role": "ADMIN"}, "another secret" * 8, "HS512")
    answer = TestClient(app).get("/", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code in (401, 403)


def test_the_list_shows_versions_and_escapes(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert f'href="2026-11-12/v1/{PAGE}"' in answer.text
    assert "<script>" not in answer.text
    assert "draft" not in answer.text


def make_state(date: str, state: str, **facts: Any) -> DateState:
    known: dict[str, Any] = {
        "reason": "", "is_business_day": True, "version": 1, "created_at": None,
        "matched_count": 7, "trade_count": 9, "breaks": {"price_mismatch": 1200},
        "reject_count": 3, "replayed_count": 1, "mail_count": 0, "changes": "",
    }  # fmt: skip
    return DateState(dt.date.fromisoformat(date), state, **{**known, **facts})


def test_the_desk_sees_what_to_close_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [
        make_state("2026-11-16", "failed", version=None, reason="<b>why</b>"),
        make_state("2026-11-13", "out_of_date", version=4, changes="breaks: 2 resolved"),
        make_state("2026-11-12", "current"),
    ]
    by_date = {state.business_date: state for state in states}
    monkeypatch.setattr(report_pages, "read_states", lambda: (by_date, ""))
    text = client.get("/").text
    assert "2 dates to close again</strong>, oldest first: 2026-11-13, 2026-11-16" in text
    assert "<b>why</b>" not in text
    assert "1,200" in text
    assert "breaks: 2 resolved" in text
    assert "The files of version 4 are not in their folder" in text
    assert text.count("are not in their folder") == 1
    assert not re.search(r"<script|<link|<img|https?://", text)


def test_the_files_show_while_the_database_is_away(client: TestClient) -> None:
    text = client.get("/").text
    assert "The database does not answer" in text
    assert f'href="2026-11-12/v1/{PAGE}"' in text


def test_files_are_served_as_what_they_are(client: TestClient) -> None:
    page = client.get(f"/2026-11-12/v1/{PAGE}")
    assert page.text == "<h1>closed</h1>"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "inline" in page.headers["content-disposition"]
    table = client.get("/2026-11-12/v1/breaks.csv")
    assert "attachment" in table.headers["content-disposition"]
    for answer in (page, table, client.get("/")):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/2026-11-12/v1/notes.txt",  # there, but not listed
        "/2026-11-12/v1/%3Cscript%3E.csv",  # listed, but not there
        "/2026-11-12/v2/" + PAGE,
        "/2026-11-13/v1/" + PAGE,
        "/2026-11-12/v1/..%2f..%2f..%2fsecrets.json",
        "/2026-11-12/v1/..%252fsecrets.json",
        "/data-docs/2026-11-12/..%2f..%2fsecrets.json",
        "/data-docs/2026-11-12/secrets.json",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, reports_dir: Path) -> None:
    table = reports_dir / "2026-11-12" / "v1" / "breaks.csv"
    table.unlink()
    table.symlink_to(reports_dir.parent / "secrets.json")
    assert client.get("/2026-11-12/v1/breaks.csv").status_code == 404


def test_every_route_asks_who_is_calling() -> None:
    paths = {route.path for route in app.routes}  # type: ignore[attr-defined]
    assert paths == {"/", "/data-docs/{business_date}/{name}", "/{business_date}/v{version}/{name}"}
    for route in app.routes:
        asked = {dependency.call for dependency in route.dependant.dependencies}  # type: ignore[attr-defined]
        assert may_read in asked


def test_links_lie_below_the_servers_path() -> None:
    url = build_report_url(dt.date(2026, 11, 12), 3)
    assert url == f"/desk/posttrade/reports/2026-11-12/v3/{PAGE}"
    assert report_pages.list_packs(Path("/nowhere")) == []
