"""Files of a version that were altered or lost are found; what can be made again is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from posttrade.database import connect
from posttrade.errors import InvariantBroken
from posttrade.reports import Pack, pack, render_pack
from posttrade.reports.summary import close_summary
from posttrade.reports.versions import hash_contents, hash_file

from .day import BUSINESS_DATE, Day
from .packs import read_all


def test_the_manifest_names_every_file(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str, reports_dir: Path
) -> None:
    lay(Day())
    rendered = render()
    manifest = json.loads((rendered.directory / "manifest.json").read_text(encoding="utf-8"))
    on_disk = {path.name for path in rendered.directory.iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == on_disk == set(rendered.files)
    for name, entry in manifest["files"].items():
        path = rendered.directory / name
        assert hash_file(path) == entry["sha256"] == rendered.files[name]
        assert path.stat().st_size == entry["bytes"]
    assert manifest["content_hash"] == hash_contents(rendered.files)
    summary = close_summary(trade_dsn, BUSINESS_DATE, reports_dir)
    assert summary["files"] == rendered.files
    assert summary["version"] == 1
    assert summary["matched"] == summary["outcomes"]["matched"]
    assert sum(summary["breaks"].values()) == 15
    assert sum(summary["rejects"].values()) == 57
    for totals in summary["control_totals"].values():
        assert totals["received"] == sum(
            totals[name] for name in ("accepted", "rejected", "duplicate")
        )
    json.dumps(summary)


@pytest.mark.parametrize("name", ["breaks_20261112.csv", "end_of_day_20261112.html",
                                  "manifest.json"])  # fmt: skip
def test_an_altered_file_is_found(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    trade_dsn: str,
    reports_dir: Path,
    name: str,
) -> None:
    lay(Day(trade_count=50))
    path = render().directory / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvariantBroken, match=name):
        render()
    with pytest.raises(InvariantBroken, match=name):
        close_summary(trade_dsn, BUSINESS_DATE, reports_dir)


@pytest.mark.parametrize(
    "names", [["breaks_20261112.csv"], ["end_of_day_20261112.html", "manifest.json"], None]
)
def test_what_is_lost_of_an_unchanged_day_is_made_again(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    trade_dsn: str,
    reports_dir: Path,
    names: list[str] | None,
) -> None:
    lay(Day(trade_count=50))
    first = render()
    before = read_all(first.directory)
    for name in names or before:
        (first.directory / name).unlink()
    if names is None:
        first.directory.rmdir()
    with pytest.raises(InvariantBroken, match="missing"):
        close_summary(trade_dsn, BUSINESS_DATE, reports_dir)
    again = render()
    assert (again.version, again.is_new_version) == (1, False)
    assert read_all(first.directory) == before
    assert close_summary(trade_dsn, BUSINESS_DATE, reports_dir)["version"] == 1


def test_a_changed_day_goes_on_without_lost_files_only_when_told_to(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
    reports_dir: Path,
) -> None:
    lay(Day(trade_count=50))
    first = render()
    shutil.rmtree(first.directory)
    change("update recon.breaks set delta = 7 where break_type = 'quantity_mismatch'")
    with pytest.raises(InvariantBroken, match=r"v1/breaks_20261112\.csv") as refused:
        render()
    assert "--without-previous" in str(refused.value)
    assert sorted(path.name for path in (reports_dir / "2026-11-12").iterdir()) == []
    second = render_pack(
        trade_dsn, BUSINESS_DATE, run_id="x", reports_dir=reports_dir, without_previous=True
    )
    assert (second.version, second.is_new_version) == (2, True)
    assert "breaks_20261112.csv" in second.changes["lost"]
    assert "breaks" not in second.changes["tables"]
    page = (second.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "these files are gone" in page
    with connect(trade_dsn) as connection:
        rows = connection.execute(
            "select file_name, content_hash from report.lost_files where version = 1"
        ).fetchall()
    assert {name: value for name, value in rows if name != "manifest.json"} == first.files
    # decided once: later versions are made as ever
    change("update recon.breaks set delta = 8 where break_type = 'quantity_mismatch'")
    third = render()
    assert (third.version, "lost" in third.changes) == (3, False)
    assert third.changes["tables"]["breaks"]["counts"] == {"changed": 1}


def test_a_crash_before_the_row_is_taken_over(
    lay: Callable[[Day], None], render: Callable[[], Pack], monkeypatch: pytest.MonkeyPatch,
    reports_dir: Path,
) -> None:  # fmt: skip
    lay(Day(trade_count=50))
    real = pack.execute

    def crash(connection: object, name: str, **parameters: object) -> None:
        if name == "record_version":
            raise RuntimeError("killed")
        real(connection, name, **parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(pack, "execute", crash)
    with pytest.raises(RuntimeError, match="killed"):
        render()
    left = read_all(reports_dir / "2026-11-12" / "v1")
    monkeypatch.undo()
    rendered = render()
    assert (rendered.version, rendered.is_new_version) == (1, True)
    assert read_all(rendered.directory) == left


def test_a_crash_and_then_a_change_sets_the_folder_aside(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    reports_dir: Path,
) -> None:
    test_a_crash_before_the_row_is_taken_over(lay, render, monkeypatch, reports_dir)
    day = reports_dir / "2026-11-12"
    shutil.copytree(day / "v1", day / "v2")
    (day / ".draft-left-over").mkdir()
    change("update recon.breaks set delta = 7 where break_type = 'quantity_mismatch'")
    assert render().version == 2
    assert len(list(day.glob("v2.unrecorded-*"))) == 1
    assert not list(day.glob(".draft-*"))
