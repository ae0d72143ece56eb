"""Looks at many values at once: at the octets of their joined text, in few steps for all."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import numpy as np

DATE_LENGTH = 10
ZULU_LINE = re.compile(
    rb"\d{4}-\d\d-\d\d[T ][0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z\n",
)
HOUR = slice(11, 13)
LAST_HOUR = b"23"
QUOTATION_MARK = ord('"')
PLAIN_IDENTIFIER = (string.ascii_letters + string.digits + "-").encode()


def count_marks(payloads: Sequence[bytes]) -> int:
    """Quotation marks in all of them."""
    octets = np.frombuffer(b"".join(payloads), np.uint8)
    return int(np.count_nonzero(octets == QUOTATION_MARK))


def are_plain_identifiers(values: list[str]) -> bool:
    """Whether all are letters, digits and hyphens behind a letter or digit: in few steps."""
    joined = "\n".join(values)
    if not joined.isascii():
        return False
    octets = joined.encode("ascii")
    is_begun = not octets.startswith((b"-", b"\n")) and b"\n-" not in octets
    is_full = octets != b"" and b"\n\n" not in octets and not octets.endswith(b"\n")
    rest = octets.translate(None, PLAIN_IDENTIFIER)
    return is_begun and is_full and rest.count(b"\n") == len(rest) == len(values) - 1


def find_zulu_dates(values: tuple[str, ...]) -> set[str] | None:
    """The dates of instants that all look like 2026-11-20T14:30:00.123Z, equally long; else None.

    The lowest and the highest octet of every column tell what stands between them.
    """
    joined = "\n".join(values) + "\n"
    step = len(values[0]) + 1
    if not joined.isascii() or len(joined) != step * len(values):
        return None
    lines = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(-1, step)
    lowest, highest = bytes(lines.min(axis=0)), bytes(lines.max(axis=0))
    if not (ZULU_LINE.fullmatch(lowest) and ZULU_LINE.fullmatch(highest)):
        return None
    if lowest[DATE_LENGTH] != highest[DATE_LENGTH]:
        return None
    if highest[HOUR] > LAST_HOUR and any(value[HOUR] > LAST_HOUR.decode() for value in values):
        return None
    if lowest[:DATE_LENGTH] == highest[:DATE_LENGTH]:
        return {values[0][:DATE_LENGTH]}
    return {value[:DATE_LENGTH] for value in values}
