"""Messages that must not become records: broken ones, and ones made to do harm.

Each breaks its contract for certain, whatever else it carries, so each is expected to be refused;
hostile ones carry their charge in text that a reject keeps and a report may show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from posttrade.sending import Message
from posttrade.simulator.messages import FULL, NO_HEADERS, Headers

FEEDS = ("executions", "broker_confirmations", "pnl_snapshot", "trades")
LARGE_BYTES = 2 * 1024 * 1024
LARGE_MESSAGES_MAX = 4  # a day; each is stored whole
NESTING = 20_000
UNKNOWN_VERSION: Headers = [("contract-version", b"99")]
NUMBER_FIELDS = {
    "executions": "price",
    "broker_confirmations": "price",
    "pnl_snapshot": "pnl_impact",
    "trades": "price",
}


class BadMessage(NamedTuple):
    """A message that must be refused, and what is wrong with it."""

    kind: str
    message: Message


class Template:
    """A good message of a feed, to be spoilt; its trade id begins with ``BAD-``."""

    def __init__(self, feed: str, trade_id: str, business_date: str) -> None:
        self.feed = feed
        self.trade_id = trade_id
        amounts = '"pnl_impact":1899.50,"commission":0.50'
        terms = '"symbol":"AAPL","side":"BUY","quantity":10,"price":190.00'
        common = f'"trade_id":"{trade_id}","version":1,"currency":"USD"'
        settled = f'"trade_date":"{business_date}","settlement_date":"{business_date}"'
        party = '"counterparty":"ALDER","account":"EQ-PRIME"'
        if feed == "pnl_snapshot":
            text = f'{{{common},{amounts},"trade_date":"{business_date}","status":"BOOKED"}}'
        elif feed == "broker_confirmations":
            instant = f'"confirmed_at":"{business_date}T15:00:00.000Z"'
            text = f'{{{common},{terms},{party},{settled},{instant},"status":"CONFIRMED"}}'
        else:
            fees = '"brokerage_fee":1.00,"clearing_fee":0.10,"exchange_fee":0.10'
            place = '"asset_class":"EQUITY","venue":"XNAS","strategy":"MOMENTUM","notional":1900.00'
            instant = f'"executed_at":"{business_date}T15:00:00.000Z"'
            text = (
                f"{{{common},{terms},{party},{settled},{fees},{place},{instant},"
                '"status":"EXECUTED"}'
            )
        self.text = text

    def message(self, payload: bytes | None, headers: Headers = FULL) -> Message:
        """The payload on the template's feed."""
        return Message(self.feed, self.trade_id, payload, headers)

    def with_value(self, field: str, value: str) -> Message:
        """The template with one field's value replaced by this JSON text."""
        fields = json.loads(self.text, parse_float=_Verbatim, parse_int=_Verbatim)
        parts = [
            f'"{name}":{value if name == field else _json_text(known)}'
            for name, known in fields.items()
        ]
        return self.message(("{" + ",".join(parts) + "}").encode())

    def with_number(self, value: str) -> Message:
        """The template with a number replaced by this JSON text."""
        return self.with_value(NUMBER_FIELDS[self.feed], value)

    def without(self, field: str) -> Message:
        """The template with one field left out."""
        fields = json.loads(self.text, parse_float=_Verbatim, parse_int=_Verbatim)
        parts = [f'"{key}":{_json_text(value)}' for key, value in fields.items() if key != field]
        return self.message(("{" + ",".join(parts) + "}").encode())

    def with_charge(self, charge: str) -> Message:
        """The template with a harmful text, as JSON text, in its id and in its status."""
        spoilt = self.text.replace(self.trade_id, self.trade_id + charge)
        end = spoilt.rindex('"status":')
        return self.message(f'{spoilt[:end]}"status":"{charge}"}}'.encode())


class _Verbatim(str):
    """A number kept as it was written."""

    __slots__ = ()


def _json_text(value: object) -> str:
    return str(value) if isinstance(value, _Verbatim) else json.dumps(value)


Spoil = Callable[[Template], Message]

MALFORMED: dict[str, Spoil] = {
    "not_json": lambda good: good.message(b"this is not JSON; trade 7 bought 100"),
    "empty": lambda good: good.message(b""),
    "tombstone": lambda good: good.message(None),
    "truncated": lambda good: good.message(good.text[: len(good.text) // 2].encode()),
    "two_documents": lambda good: good.message((good.text + good.text).encode()),
    "not_an_object": lambda good: good.message(f"[{good.text}]".encode()),
    "number_as_text": lambda good: good.with_number('"190.00"'),
    "number_as_boolean": lambda good: good.with_number("true"),
    "number_missing": lambda good: good.with_number("null"),
    "not_a_number": lambda good: good.with_number("NaN"),
    "infinite": lambda good: good.with_number("-Infinity"),
    "huge_exponent": lambda good: good.with_number("1e400"),
    "too_many_digits": lambda good: good.with_number("9" * 40 + "." + "9" * 40),
    "too_fine": lambda good: good.with_number("190.00000000001"),
    "trade_id_missing": lambda good: good.without("trade_id"),
    "trade_id_empty": lambda good: good.with_value("trade_id", '""'),
    "trade_id_object": lambda good: good.with_value("trade_id", '{"id":1}'),
    "impossible_date": lambda good: good.with_value("trade_date", '"2026-02-30"'),
    "unknown_status": lambda good: good.with_value("status", '"MAYBE"'),
    "unknown_contract_version": lambda good: good.message(good.text.encode(), UNKNOWN_VERSION),
    "contract_version_not_a_number": lambda good: good.message(
        good.text.encode(), [("contract-version", b"two")]
    ),
}
HOSTILE: dict[str, Spoil] = {
    "script": lambda good: good.with_charge("<script>alert(1)</script>"),
    "image_handler": lambda good: good.with_charge("<img src=x onerror=alert(1)>"),
    "formula": lambda good: good.with_value("status", "\"=cmd|' /C calc'!A0\""),
    "formula_in_id": lambda good: good.with_charge("=HYPERLINK(1)"),
    "sql": lambda good: good.with_charge("'; drop table trade.executions; --"),
    "template": lambda good: good.with_charge("{{ 7 * 7 }}"),
    "path": lambda good: good.with_charge("../../../../etc/passwd"),
    "nul_escaped": lambda good: good.with_charge("\\u0000"),
    "nul_raw": lambda good: good.message(good.text.replace("BAD-", "BAD\0-").encode()),
    "lone_surrogate": lambda good: good.with_charge("\\ud800"),
    "right_to_left": lambda good: good.with_charge("\u202egnp.exe"),
    "terminal_escape": lambda good: good.with_charge("\\u001b[31m"),
    "invalid_utf8": lambda good: good.message(good.text.encode().replace(b"BAD-", b"BAD\xff\xfe-")),
    "byte_order_mark_utf16": lambda good: good.message(good.text.encode("utf-16")),
    "deep_nesting": lambda good: good.message(b"[" * NESTING + b"]" * NESTING),
    "deep_objects": lambda good: good.with_value("status", '{"a":' * 500 + "1" + "}" * 500),
    "long_id": lambda good: good.with_value("trade_id", '"' + "A" * 10_000 + '"'),
    "no_contract_harm": lambda good: good.message(b"=cmd|' /C calc'!A0", NO_HEADERS),
}
LARGE: dict[str, Spoil] = {
    "large": lambda good: good.with_value("status", '"' + "A" * LARGE_BYTES + '"'),
    "large_garbage": lambda good: good.message(b"<script>" * (LARGE_BYTES // 8)),
}


class BadMessages:
    """Deals bad messages: every kind in turn, on every feed in turn."""

    def __init__(self, spoils: dict[str, Spoil], name: str, business_date: str, seed: int) -> None:
        self._spoils = list(spoils.items())
        self._large = list(LARGE.items()) if spoils is HOSTILE else []
        self._prefix = f"BAD-{name}-{business_date.replace('-', '')}-{seed}"
        self._date = business_date
        self._count = 0

    def deal(self) -> BadMessage:
        """The next one."""
        place = self._count
        self._count += 1
        turn, number = divmod(place, len(self._spoils))
        feed = FEEDS[(number + turn) % len(FEEDS)]
        large_place = place // len(FEEDS)
        is_large = place % len(FEEDS) == len(FEEDS) - 1 and large_place < LARGE_MESSAGES_MAX
        if self._large and is_large:
            kind, spoil = self._large[large_place % len(self._large)]
        else:
            kind, spoil = self._spoils[number]
        return BadMessage(kind, spoil(Template(feed, f"{self._prefix}-{place}", self._date)))
