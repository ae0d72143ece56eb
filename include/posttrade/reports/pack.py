"""The end-of-day pack of one business date: HTML, CSV tables and a manifest, in numbered versions.

Nothing on the page comes from the clock or from who ran it, so an unchanged day gives the same
bytes: the pack is first rendered as the version it already has, and only when that differs from
what is recorded does the next version appear, with the list of what changed. Nothing is ever
overwritten.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from posttrade.database import connect
from posttrade.errors import InvariantBroken, Unavailable
from posttrade.reports import page
from posttrade.reports.announcement import announce_version
from posttrade.reports.changes import compare_packs
from posttrade.reports.facts import Facts, export_tables, read_facts, summarise
from posttrade.reports.queries import Connection, execute, fetch_rows
from posttrade.reports.versions import (
    MANIFEST,
    MissingFile,
    Version,
    describe_missing,
    encode_manifest,
    hash_contents,
    hash_file,
    open_draft,
    publish_draft,
    read_lost,
    read_versions,
    restore_files,
    verify_versions,
    version_directory,
)
from posttrade.statements import read_statement

LAYOUT = 6  # raised when the page or a table changes its form
LOCK_WAIT_MS = 300_000
RENDER_ATTEMPTS_MAX = 3  # so often records may come amid a rendering


class LateRecords(Unavailable):
    """Records of the date came after its figures were made."""


@dataclasses.dataclass(frozen=True)
class Pack:
    """A rendered pack.

    Attributes:
        version: number of the version that holds the day's present state.
        directory: its folder.
        files: SHA-256 of each file by name, the manifest left out.
        is_new_version: whether this rendering made the version.
        changes: what changed against the version before; empty for the first.
    """

    version: int
    directory: Path
    files: dict[str, str]
    is_new_version: bool
    changes: Mapping[str, Any]


def render_pack(
    dsn: str,
    business_date: dt.date,
    *,
    run_id: str,
    reports_dir: Path,
    without_previous: bool = False,
) -> Pack:
    """Render the pack of a closed date, and record it when it differs from the newest version.

    A late record is in all figures of the pack or in none: where one came after the date was
    compared, its figures are made anew first.

    Args:
        dsn: the trade database.
        business_date: the date.
        run_id: the run that asks for it.
        reports_dir: folder of all packs.
        without_previous: go on where files of earlier versions are gone; that is recorded.

    Raises:
        GateFailed: the date was never closed.
        InvariantBroken: a file of an earlier version is missing or was altered.
        Unavailable: another rendering of this date does not end, records keep coming, the folder
            takes no files (a full disk), or the database is away.
    """
    from posttrade.close import include_late_records  # the close does not need the pack's libraries

    for _ in range(RENDER_ATTEMPTS_MAX):
        try:
            return _render_once(dsn, business_date, run_id, reports_dir, without_previous)
        except LateRecords:
            include_late_records(dsn, business_date, run_id=run_id)
        except OSError as error:
            raise Unavailable(
                f"the pack of {business_date} cannot be written below {reports_dir}: {error}. "
                "Make room there, or mend the folder; no half version is left"
            ) from error
    raise Unavailable(
        f"records of {business_date} came during each of {RENDER_ATTEMPTS_MAX} renderings of its "
        "pack: close the date again when its feeds are quieter"
    )


def _render_once(
    dsn: str, business_date: dt.date, run_id: str, reports_dir: Path, without_previous: bool
) -> Pack:
    with connect(dsn) as connection:
        _lock_date(connection, business_date)
        versions = read_versions(connection, business_date, reports_dir)
        missing = verify_versions(versions, read_lost(connection, business_date))
        connection.commit()
        draft = open_draft(reports_dir, business_date)
        try:
            rendering = Rendering(connection, business_date, run_id, versions, missing, draft)
            return _render(rendering, without_previous=without_previous)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@dataclasses.dataclass(frozen=True)
class Rendering:
    """What one rendering works with; ``missing``: files of recorded versions that are gone."""

    connection: Connection
    business_date: dt.date
    run_id: str
    versions: list[Version]
    missing: list[MissingFile]
    draft: Path


def _render(rendering: Rendering, *, without_previous: bool) -> Pack:
    connection, business_date = rendering.connection, rendering.business_date
    draft, versions = rendering.draft, rendering.versions
    with _snapshot(connection):
        require_no_late_records(connection, business_date)
        seen = fetch_rows(connection, "count_earlier_changes", business_date=business_date)[0]
        facts = read_facts(connection, business_date)
        tables = export_tables(connection, business_date, draft)
    table_hashes = {path.name: hash_file(path) for path in tables}
    contents = page.build_contents(facts, tables, table_hashes, layout=LAYOUT)
    page_path = draft / f"end_of_day_{business_date:%Y%m%d}.html"
    last = versions[-1] if versions else None
    if last is not None:
        page.write_page(page_path, contents, last.number, last.previous_hash, last.changes)
        files = {**table_hashes, page_path.name: hash_file(page_path)}
        if hash_contents(files) == last.content_hash:
            # the very bytes were made again: what is gone of this version is put back
            restore_files(draft, last, rendering.missing)
            _accept_losses(rendering, last, without_previous)
            execute(connection, "note_rendering", business_date=business_date, **seen)
            connection.commit()
            return Pack(last.number, last.directory, files, False, last.changes)
    lost = _accept_losses(rendering, None, without_previous)
    summary = summarise(facts)
    changes: dict[str, Any] = {}
    if last is not None:
        previous_tables = {
            name: value for name, value in last.files.items() if name != page_path.name
        }
        changes = compare_packs(
            last.directory,
            draft,
            (last.manifest["summary"], summary),
            (previous_tables, table_hashes),
            f"{business_date:%Y%m%d}",
            lost,
        )
    number = last.number + 1 if last else 1
    previous_hash = last.content_hash if last else None
    page.write_page(page_path, contents, number, previous_hash, changes)
    files = {**table_hashes, page_path.name: hash_file(page_path)}
    manifest = {
        "business_date": business_date.isoformat(),
        "version": number,
        "layout": LAYOUT,
        "content_hash": hash_contents(files),
        "previous_hash": previous_hash,
        "files": {
            name: {"sha256": value, "bytes": (draft / name).stat().st_size}
            for name, value in sorted(files.items())
        },
        "summary": summary,
    }
    (draft / MANIFEST).write_bytes(encode_manifest(manifest))
    directory = version_directory(draft.parent.parent, business_date, number)
    publish_draft(draft, directory)
    _record_version(rendering, facts, manifest, changes, directory)
    execute(connection, "note_rendering", business_date=business_date, **seen)
    connection.commit()
    return Pack(number, directory, files, True, changes)


def _record_version(
    rendering: Rendering,
    facts: Facts,
    manifest: Mapping[str, Any],
    changes: Mapping[str, Any],
    directory: Path,
) -> None:
    execute(
        rendering.connection,
        "record_version",
        business_date=rendering.business_date,
        version=manifest["version"],
        content_hash=manifest["content_hash"],
        previous_hash=manifest["previous_hash"],
        manifest=_as_jsonb(manifest),
        changes=_as_jsonb(changes),
        run_id=rendering.run_id,
    )
    announce_version(rendering.connection, facts, manifest, directory)


def require_no_late_records(connection: Connection, business_date: dt.date) -> None:
    """See, in the pack's own snapshot, that the figures are of all records that it holds.

    Raises:
        LateRecords: some came after the comparison.
    """
    statement = read_statement("close/count_late_inputs")
    row = connection.execute(statement, {"business_date": business_date}).fetchone()
    if row is not None and row[0]:
        raise LateRecords(f"{row[0]} batches of {business_date} came after its comparison")


def _accept_losses(
    rendering: Rendering, restored: Version | None, without_previous: bool
) -> frozenset[str]:
    """Record what is gone, or refuse to go on; gives the newest version's lost files."""
    number = restored.number if restored else None
    missing = [file for file in rendering.missing if file.version != number]
    fresh = [file for file in missing if not file.is_recorded]
    if fresh and not without_previous:
        raise InvariantBroken(describe_missing(rendering.business_date, fresh))
    for file in fresh:
        execute(
            rendering.connection,
            "record_lost_file",
            business_date=rendering.business_date,
            version=file.version,
            file_name=file.name,
            content_hash=file.expected,
            run_id=rendering.run_id,
        )
    newest = rendering.versions[-1].number if rendering.versions else None
    return frozenset(file.name for file in missing if file.version == newest)


def _as_jsonb(value: Mapping[str, Any]) -> Jsonb:
    return Jsonb(value, dumps=lambda item: json.dumps(item, ensure_ascii=False))


def _lock_date(connection: Connection, business_date: dt.date) -> None:
    connection.execute("select set_config('lock_timeout', %s, false)", (str(LOCK_WAIT_MS),))
    try:
        execute(connection, "lock_pack", business_date=business_date)
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(
            f"the pack of {business_date} is being rendered by somebody else for more than "
            f"{LOCK_WAIT_MS // 1000} s"
        ) from error
    connection.commit()


@contextlib.contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """One unchanging view of the database for everything the pack says."""
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        yield
        connection.commit()
    finally:
        connection.rollback()
        connection.isolation_level = None
