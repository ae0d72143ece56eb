"""Versions of a date's pack on disk: drafts, published folders, proof that none was altered.

A version is a folder ``<reports_dir>/<YYYY-MM-DD>/v<N>`` and a row of ``report.versions``. The
folder comes first (written aside, then renamed), the row second; a crash in between leaves a folder
nobody was told about, which the next rendering takes over when it is the same, or sets aside.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posttrade.errors import InvariantBroken
from posttrade.reports.queries import Connection, fetch_rows

MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20
MISSING_SHOWN_MAX = 12


@dataclasses.dataclass(frozen=True)
class Version:
    """One recorded version of a pack."""

    number: int
    content_hash: str
    previous_hash: str | None
    manifest: Mapping[str, Any]
    changes: Mapping[str, Any]
    created_at: dt.datetime
    directory: Path

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of each file by name, the manifest left out."""
        return {name: entry["sha256"] for name, entry in self.manifest["files"].items()}


def read_versions(
    connection: Connection, business_date: dt.date, reports_dir: Path
) -> list[Version]:
    """Every recorded version of a date, oldest first."""
    return [
        Version(
            number=row["version"],
            content_hash=row["content_hash"],
            previous_hash=row["previous_hash"],
            manifest=row["manifest"],
            changes=row["changes"],
            created_at=row["created_at"],
            directory=version_directory(reports_dir, business_date, row["version"]),
        )
        for row in fetch_rows(connection, "read_versions", business_date=business_date)
    ]


def version_directory(reports_dir: Path, business_date: dt.date, number: int) -> Path:
    """Where a version lies."""
    return reports_dir / business_date.isoformat() / f"v{number}"


@dataclasses.dataclass(frozen=True)
class MissingFile:
    """A file of a recorded version that is not in its folder.

    Attributes:
        version: number of the version.
        name: of the file.
        expected: SHA-256 that was recorded; for the manifest, the version's content hash.
        path: where it should be.
        is_recorded: whether somebody decided before to go on without it.
    """

    version: int
    name: str
    expected: str
    path: Path
    is_recorded: bool = False


def read_lost(connection: Connection, business_date: dt.date) -> frozenset[tuple[int, str]]:
    """Version and name of the files that somebody decided to go on without."""
    rows = fetch_rows(connection, "read_lost_files", business_date=business_date)
    return frozenset((row["version"], row["file_name"]) for row in rows)


def verify_versions(
    versions: list[Version], lost: frozenset[tuple[int, str]] = frozenset()
) -> list[MissingFile]:
    """Prove that the recorded versions follow each other and that no file was touched since.

    Args:
        versions: every version of a date, oldest first.
        lost: version and name of files that are known to be gone.

    Returns:
        The files that are missing.

    Raises:
        InvariantBroken: a file was altered, or the chain of hashes does not hold.
    """
    missing = []
    previous_hash = None
    for position, version in enumerate(versions, start=1):
        if version.number != position or version.previous_hash != previous_hash:
            raise InvariantBroken(
                f"report.versions: version {version.number} does not follow its predecessor "
                f"(expected version {position} with previous hash {previous_hash}, found "
                f"{version.previous_hash}); restore the table from a backup"
            )
        missing += [
            dataclasses.replace(file, is_recorded=(file.version, file.name) in lost)
            for file in find_missing(version)
        ]
        previous_hash = version.content_hash
    return missing


def verify_version(version: Version) -> None:
    """Prove that the files of one version are all there, and those that were recorded.

    Raises:
        InvariantBroken: a file is missing or differs.
    """
    if missing := find_missing(version):
        file = missing[0]
        raise InvariantBroken(
            f"{file.path} is missing: restore it from a backup{_hint(file.expected)}"
        )


def find_missing(version: Version) -> list[MissingFile]:
    """Files of a version that are gone; those that are there are proven.

    Raises:
        InvariantBroken: a file differs from what was recorded.
    """
    missing = []
    for name, expected in version.files.items():
        path = version.directory / name
        if not path.is_file():
            missing.append(MissingFile(version.number, name, expected, path))
        elif (found := hash_file(path)) != expected:
            raise InvariantBroken(
                f"{path} was altered after it was published: SHA-256 is {found}; restore the file "
                f"from a backup{_hint(expected)}"
            )
    path = version.directory / MANIFEST
    if not path.is_file():
        missing.append(MissingFile(version.number, MANIFEST, version.content_hash, path))
    elif (
        path.read_bytes() != encode_manifest(version.manifest)
        or hash_contents(version.files) != version.content_hash
    ):
        raise InvariantBroken(
            f"{path} is not what report.versions recorded: restore it from a "
            f"backup{_hint(version.content_hash)}"
        )
    return missing


def describe_missing(business_date: dt.date, missing: list[MissingFile]) -> str:
    """What is gone, and the two ways to go on."""
    lines = [f"{file.path}{_hint(file.expected)}" for file in missing[:MISSING_SHOWN_MAX]]
    more = len(missing) - len(lines)
    rest = f"; and {more} more" if more else ""
    return (
        f"{len(missing)} files of earlier versions of {business_date} are missing: "
        f"{'; '.join(lines)}{rest}. Restore them from a backup and close again, or go on without "
        f"them: `posttrade close {business_date} --without-previous` records the loss, keeps the "
        "numbering, and cannot tell which of their rows changed"
    )


def restore_files(draft: Path, version: Version, missing: list[MissingFile]) -> None:
    """Put missing files of a version back from a draft that holds the very same bytes."""
    for file in missing:
        if file.version != version.number:
            continue
        version.directory.mkdir(parents=True, exist_ok=True)
        source = draft / file.name
        if file.name == MANIFEST:
            source.write_bytes(encode_manifest(version.manifest))
        source.chmod(0o444)
        _flush(source)
        source.rename(file.path)
        _flush(version.directory)


def _hint(expected: str) -> str:
    return f" (recorded SHA-256 {expected})"


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in bounded memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def hash_contents(files: Mapping[str, str]) -> str:
    """SHA-256 over ``<sha256>  <name>`` lines in name order: what ``sha256sum`` prints, hashed."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def encode_manifest(manifest: Mapping[str, Any]) -> bytes:
    """The one spelling of a manifest."""
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode("utf-8")


def open_draft(reports_dir: Path, business_date: dt.date) -> Path:
    """A new empty folder for the date; drafts of renderings that died are removed.

    Only the holder of the date's lock may call this.
    """
    day = reports_dir / business_date.isoformat()
    day.mkdir(parents=True, exist_ok=True)
    for left_over in day.glob(".draft-*"):
        shutil.rmtree(left_over)
    draft = day / f".draft-{uuid.uuid4().hex}"
    draft.mkdir()
    return draft


def publish_draft(draft: Path, directory: Path) -> None:
    """Make a draft the version's folder: flushed to disk, read-only files, renamed in one go.

    A folder of that name without a database row is what a crash left behind: the same bytes are
    taken over, anything else is set aside under a name of its own, never overwritten.
    """
    for path in sorted(draft.iterdir()):
        path.chmod(0o444)
        _flush(path)
    _flush(draft)
    if directory.exists():
        if _same_files(draft, directory):
            shutil.rmtree(draft)
            return
        directory.rename(directory.with_name(f"{directory.name}.unrecorded-{uuid.uuid4().hex[:8]}"))
    draft.rename(directory)
    _flush(directory.parent)


def _same_files(one: Path, other: Path) -> bool:
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        hash_file(one / name) == hash_file(other / name) for name in names
    )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
