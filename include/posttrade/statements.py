"""Named SQL statements: ``sql/queries/<name>.sql``, one each, with ``%(name)s`` parameters."""

from __future__ import annotations

import functools

from posttrade.database import SQL_ROOT
from posttrade.errors import InvariantBroken


@functools.cache
def read_statement(name: str) -> bytes:
    """Text of a statement; ``name`` is ``<subject>/<verb_noun>``.

    Raises:
        InvariantBroken: there is no such file.
    """
    path = SQL_ROOT / "queries" / f"{name}.sql"
    if not path.is_file():
        raise InvariantBroken(f"no statement {name!r}: expected {path}")
    return path.read_bytes()
