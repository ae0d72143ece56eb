"""Kafka headers: the contract version they name, and how they are stored.

The same few headers stand in most messages, so each combination is read once.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Sequence
from typing import Any, cast

from posttrade.contracts.message import HEADER

KNOWN_MAX = 1_000
REMEMBERED_BYTES_MAX = 1024  # of one combination's JSON; bounds what is remembered to a megabyte
Headers = Sequence[tuple[str, bytes | None]]
Identity = tuple[tuple[str, bytes | None], ...]


@dataclasses.dataclass(frozen=True, eq=False)  # by identity: it is looked up for every message
class HeaderFacts:
    """What one message's headers say.

    Attributes:
        contract_version: value of the ``contract-version`` header, None when there is none.
        text: the headers as JSON, UTF-8.
    """

    contract_version: bytes | None
    text: bytes


# a name that is not UTF-8 makes all headers of its message unreadable for the client library; JSON
# null tells them from none
UNREADABLE = HeaderFacts(None, b"null")


class HeaderReader(dict[Identity, HeaderFacts]):
    """What headers say, by the headers as a tuple; those seen are looked up without Python."""

    def __missing__(self, headers: Identity) -> HeaderFacts:
        found = HeaderFacts(stated_header(headers), headers_json(headers).encode())
        if len(found.text) <= REMEMBERED_BYTES_MAX:
            if len(self) >= KNOWN_MAX:
                self.clear()
            self[headers] = found
        return found

    def read(self, headers: Headers | None) -> HeaderFacts | None:
        """What the headers say; None for a message without any."""
        return self[tuple(headers)] if headers else None

    def read_all(self, headers: Sequence[Headers | None]) -> list[HeaderFacts | None]:
        """What the headers of each message say."""
        if not all(headers):
            return list(map(self.read, headers))
        return list(map(self.__getitem__, map(tuple, cast("Sequence[Headers]", headers))))


def stated_header(headers: Headers) -> bytes | None:
    """The contract version that headers name; the last one counts."""
    found = None
    for name, value in headers:
        if name == HEADER:
            found = value or b""
    return found


def headers_json(headers: Headers) -> str:
    """Headers as a JSON object; a name that stands several times holds a list.

    Values that are not UTF-8, or hold a NUL, stand as ``{"base64": "..."}``.
    """
    values: dict[str, list[Any]] = {}
    for name, value in headers:
        values.setdefault(name.replace("\0", "\ufffd"), []).append(_header_value(value))
    return json.dumps(
        {name: found[0] if len(found) == 1 else found for name, found in values.items()}
    )


def _header_value(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return {"base64": base64.b64encode(value).decode()} if "\0" in text else text
