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
from posttrade.errors import Unavailable
from posttrade.reports import page
from posttrade.reports.changes import compare_packs
from posttrade.reports.facts import export_tables, read_facts, summarise
from posttrade.reports.queries import Connection, execute
from posttrade.reports.versions import (
    MANIFEST,
    Version,
    encode_manifest,
    hash_contents,
    hash_file,
    open_draft,
    publish_draft,
    read_versions,
    verify_versions,
    version_directory,
)

LAYOUT = 2  # raised when the page or a table changes its form
LOCK_WAIT_MS = 300_000


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


def render_pack(dsn: str, business_date: dt.date, *, run_id: str, reports_dir: Path) -> Pack:
    """Render the pack of a closed date, and record it when it differs from the newest version.

    Raises:
        GateFailed: the date was never closed.
        InvariantBroken: a file of an earlier version is missing or was altered.
        Unavailable: another rendering of this date does not end, the folder takes no files (a full
            disk), or the database is away.
    """
    with connect(dsn) as connection:
        _lock_date(connection, business_date)
        versions = read_versions(connection, business_date, reports_dir)
        connection.commit()
        verify_versions(versions)
        try:
            draft = open_draft(reports_dir, business_date)
            try:
                return _render(connection, business_date, run_id, versions, draft)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            raise Unavailable(
                f"the pack of {business_date} cannot be written below {reports_dir}: {error}. "
                "Make room there, or mend the folder; no half version is left"
            ) from error


def _render(
    connection: Connection,
    business_date: dt.date,
    run_id: str,
    versions: list[Version],
    draft: Path,
) -> Pack:
    with _snapshot(connection):
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
            return Pack(last.number, last.directory, files, False, last.changes)
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
    execute(
        connection,
        "record_version",
        business_date=business_date,
        version=number,
        content_hash=manifest["content_hash"],
        previous_hash=previous_hash,
        manifest=_as_jsonb(manifest),
        changes=_as_jsonb(changes),
        run_id=run_id,
    )
    connection.commit()
    return Pack(number, directory, files, True, changes)


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
