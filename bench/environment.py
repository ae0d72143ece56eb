"""On what, with what and when a benchmark ran: without it no figure can be judged or repeated."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from posttrade import __version__
from posttrade.instance import REPOSITORY

LIBRARIES = (
    "apache-airflow", "altair", "confluent-kafka", "duckdb", "great-expectations", "msgspec",
    "numpy", "pandas", "psycopg", "SQLAlchemy",
)  # fmt: skip
# servers tell their own version, once they run
seen_versions: dict[str, str] = {}


def note_version(name: str, version: str) -> None:
    """Remember the version (and settings) of a server that took part."""
    seen_versions[name] = version


def describe_environment() -> dict[str, Any]:
    """Machine, versions and date, as JSON values."""
    return {
        "date": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "versions": {**describe_product(), **describe_libraries(), **seen_versions},
    }


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, system; what else ran is told by the load."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "processor": read_processor(),
        "memory_gib": round(pages * page_bytes / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "load_average_at_end": [round(load, 2) for load in os.getloadavg()],
    }


def read_processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def describe_product() -> dict[str, str]:
    """This product's version and the commit it was measured at."""
    return {"posttrade": __version__, "commit": read_commit(), "python": platform.python_version()}


def read_commit() -> str:
    """Short hash of the checked out commit, or a word where this is no repository."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        result = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return result.stdout.strip()


def describe_libraries() -> dict[str, str]:
    """Installed versions of what takes part."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
