"""What is wrong in a reference file, for the person who wrote it: the file, the line, what may be.

The database finds it, while a file is copied (then it names the line) or when the rows are merged
into the reference tables (then it names the key).
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from posttrade.errors import ConfigurationError
from posttrade.statements import read_statement

# the last is how a merge says that two rows of a file are about the same
FAULTS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.CardinalityViolation)
COPIED_LINE = re.compile(r"COPY \w+, line (\d+)(.*)", re.DOTALL)
KEY = re.compile(r"Key \(([^)]+)\)=\((.*)\) ")
ANY_OF = re.compile(r"= ANY \(ARRAY\[([^\]]*)\]\)")
CAST = re.compile(r"::[a-z ]+(?:\[\])?")
LINES_SHOWN_MAX = 5


@contextlib.contextmanager
def refusing_faults(
    connection: psycopg.Connection[Any], folder: Path, names: Sequence[str]
) -> Iterator[None]:
    """Undo the block when the database refuses what one of the files holds, and say what it is.

    Args:
        connection: amid a transaction.
        folder: where the files are.
        names: the files that the block is about.

    Raises:
        ConfigurationError: a file does not hold what it should.
    """
    try:
        with connection.transaction():
            yield
    except FAULTS as error:
        raise ConfigurationError(_describe(connection, folder, names, error)) from error


def _describe(
    connection: psycopg.Connection[Any], folder: Path, names: Sequence[str], error: psycopg.Error
) -> str:
    told = error.diag
    table = (told.table_name or "").removeprefix("loaded_")
    if f"{table}.csv" in names:
        names = [f"{table}.csv"]
    file = folder / names[0] if len(names) == 1 else folder
    copied = COPIED_LINE.search(told.context or "")
    if copied is not None:
        place = f", line {copied[1]}{copied[2]}"
    else:
        lines = _find_lines(file, told) if file.is_file() else []
        place = f", line {', '.join(map(str, lines[:LINES_SHOWN_MAX]))}" if lines else ""
    rule = ""
    if told.constraint_name:
        rule = _read_rule(connection, told.constraint_name)
    detail = f" ({told.message_detail})" if told.message_detail else ""
    return (
        f"{file} cannot be loaded{place}: {told.message_primary}{detail}"
        f"{f'; expected {rule}' if rule else ''}. Correct the file and load reference data again"
    )


def _read_rule(connection: psycopg.Connection[Any], constraint_name: str) -> str:
    statement = read_statement("reference_data/read_rule")
    row = connection.execute(statement, {"constraint_name": constraint_name}).fetchone()
    if row is None or row[0] is None:
        return ""
    return ANY_OF.sub(r"in (\1)", CAST.sub("", row[0])).removeprefix("(").removesuffix(")")


def _find_lines(file: Path, told: psycopg.errors.Diagnostic) -> list[int]:
    """Lines of the rows that a merge stumbled over: by their key, or by what they leave empty."""
    key = KEY.search(told.message_detail or "")
    if key is not None:
        wanted = dict(zip(key[1].split(", "), key[2].split(", "), strict=False))
    elif told.column_name:
        wanted = {told.column_name: ""}
    else:
        return []
    with file.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        return [
            reader.line_num
            for row in reader
            if all(row.get(column) == value for column, value in wanted.items())
        ]
