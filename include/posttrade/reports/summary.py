"""The answer of a close: what was found, where the pack lies, and what its files hash to."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from posttrade.database import connect
from posttrade.errors import InvariantBroken
from posttrade.reports.queries import fetch_rows
from posttrade.reports.versions import Version, read_versions, verify_version

CHANGED_SHOWN_MAX = 5


@dataclasses.dataclass(frozen=True)
class PublishedPack:
    """The newest version of a date's pack, its files proven to be the recorded ones."""

    business_date: dt.date
    version: Version
    mailed_to: frozenset[str] = frozenset()

    @property
    def page(self) -> Path:
        """The HTML file."""
        return self.version.directory / f"end_of_day_{self.business_date:%Y%m%d}.html"

    @property
    def tables(self) -> list[Path]:
        """The CSV files, in name order."""
        return [self.version.directory / name for name in sorted(self.version.files)
                if name.endswith(".csv")]  # fmt: skip

    def summarise(self) -> dict[str, Any]:
        """The pack's counts and files as JSON values.

        ``matched``: trades; ``breaks``: open ones of the three-way reconciliation by type;
        ``other_breaks``: those of orders, settlement, fees and statements; ``carried_breaks``:
        those of earlier dates that were still open; ``outcomes``: trades by outcome; ``due``:
        instructions due on the date, by where they stood at its end; ``rejects``: messages
        by reason, ``replayed`` of them sent again; ``control_totals``: messages and
        offsets by feed; ``files``: SHA-256 by name. Types, outcomes and reasons that do not occur
        are absent.
        """
        summary = self.version.manifest["summary"]
        return {
            "business_date": self.business_date.isoformat(),
            "version": self.version.number,
            "matched": summary["matched"],
            "breaks": dict(sorted(summary["breaks"].items())),
            "outcomes": dict(sorted(summary["outcomes"].items())),
            # older packs do not tell these three
            "other_breaks": dict(sorted(summary.get("other_breaks", {}).items())),
            "carried_breaks": dict(sorted(summary.get("carried_breaks", {}).items())),
            "due": dict(sorted(summary.get("due", {}).items())),
            "rejects": dict(sorted(summary["rejects"].items())),
            "replayed": summary.get("replayed", 0),  # older packs do not tell
            "control_totals": dict(sorted(summary["control_totals"].items())),
            "report_dir": str(self.version.directory.resolve()),
            "files": dict(sorted(self.version.files.items())),
        }


def find_pack(dsn: str, business_date: dt.date, reports_dir: Path) -> PublishedPack:
    """Load the newest version of a date's pack and verify its files.

    Raises:
        InvariantBroken: there is no pack of the date, or a file is missing or was altered.
    """
    with connect(dsn) as connection:
        versions = read_versions(connection, business_date, reports_dir)
    if not versions:
        raise InvariantBroken(
            f"no pack of {business_date} was rendered: no row in report.versions; "
            f"run `posttrade close {business_date}`"
        )
    verify_version(versions[-1])
    return PublishedPack(business_date, versions[-1])


def close_summary(dsn: str, business_date: dt.date, reports_dir: Path) -> dict[str, Any]:
    """What ``close --json`` tells: the counts of the newest pack, as the pack itself states them.

    Raises:
        InvariantBroken: there is no pack of the date, or a file is missing or was altered.
    """
    return find_pack(dsn, business_date, reports_dir).summarise()


def list_outdated(dsn: str) -> list[dict[str, Any]]:
    """Dates whose newest pack no longer says what the database holds, as JSON values.

    Each with its ``version`` and the ``reason``; they are to be closed again, oldest first.
    """
    with connect(dsn) as connection:
        rows = fetch_rows(connection, "read_outdated_dates")
    return [
        {
            "business_date": row["business_date"].isoformat(),
            "version": row["version"],
            "reason": describe_outdated(
                row["late_input_count"], row["changed_dates"], row["changed_marks"]
            ),
        }
        for row in rows
    ]


def describe_outdated(
    late_input_count: int, changed_dates: list[dt.date], changed_marks: list[str]
) -> str:
    """Why a date has to be closed again, in words."""
    reasons = []
    if late_input_count:
        noun = "batch" if late_input_count == 1 else "batches"
        reasons.append(f"records came after it in {late_input_count} {noun}")
    if changed_dates:
        dates = _list_some(changed_dates)
        reasons.append(f"positions of {dates} changed since, which it tells or opens with")
    if changed_marks:
        reasons.append(f"marks changed since: {_list_some(changed_marks)}")
    return "; ".join(reasons)


def _list_some(names: Sequence[object]) -> str:
    shown = ", ".join(map(str, names[:CHANGED_SHOWN_MAX]))
    more = len(names) - CHANGED_SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown
