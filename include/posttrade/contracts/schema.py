"""Contracts: reads ``include/contracts/<feed>.v<N>.schema.json`` into plain descriptions of fields.

Beside the keywords of JSON Schema a contract uses a few of its own:

``x-format: instant``
    ISO 8601 with ``T`` or a space; no zone means UTC.
``x-format: text``
    Words of a person, of whatever kind: nothing in them refuses a message (``values.read_text``).
``x-length-kept``
    How many characters of such a text are kept.
``x-integer-digits``, ``x-fraction-digits``
    How many digits a number may have before and after the point.
``x-column``
    Column of the staging table where it differs from the field's name; null: not stored.
``x-role``
    ``trade_date``, ``occurred_at`` or ``source``: what the drain itself needs to know. The field of
    the last is named like its role.
``x-absent``
    What stands in for a field that a message leaves out: a ``value``, or ``value_of`` something the
    drain knows (``message_at``, ``feed``, ``source.currency``, ``source.counterparty_id``), and the
    warning ``flag`` that the row then carries.
``x-lift``
    How an older version becomes the newest: ``names`` maps the newest version's fields to this
    version's, ``values`` gives constants.
``x-text-form``
    The short text form, where messages may come in one (``posttrade.contracts.text_form``).
``x-counter-examples``, ``x-text-examples``, ``x-text-counter-examples``
    Messages that must be refused, each with its reason; and both kinds in text form.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posttrade.errors import ConfigurationError
from posttrade.feeds import Feed

CONTRACTS_ROOT = Path(__file__).resolve().parents[2] / "contracts"
IDENTIFIER = "identifier"
TEXT = "text"
CHOICE = "choice"
DECIMAL = "decimal"
INTEGER = "integer"
INSTANT = "instant"
DATE = "date"
TRADE_DATE = "trade_date"
OCCURRED_AT = "occurred_at"
SOURCE = "source"


@dataclasses.dataclass(frozen=True)
class Absence:
    """What stands in for a field that a message leaves out."""

    value: str | None = None
    value_of: str | None = None
    flag: str | None = None


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of one contract version.

    Attributes:
        kind: identifier, text, choice, decimal, integer, instant or date.
        is_integer_text: an integer is accepted too and taken as its digits (identifiers only).
        length_max: most characters of an identifier; how many of a text are kept.
        pattern: what an identifier must match as a whole.
        minimum: lowest value of a number; None: no bound.
        is_minimum_excluded: the value must lie above ``minimum``.
        integer_digits, fraction_digits: most digits before and after the point.
        column: column of the staging table, None when the field is not stored.
    """

    name: str
    kind: str
    is_required: bool
    is_integer_text: bool = False
    length_max: int = 0
    pattern: re.Pattern[str] | None = None
    choices: frozenset[str] = frozenset()
    minimum: int | None = None
    maximum: int | None = None
    is_minimum_excluded: bool = False
    integer_digits: int = 0
    fraction_digits: int = 0
    column: str | None = None
    role: str | None = None
    absence: Absence | None = None


@dataclasses.dataclass(frozen=True)
class TextForm:
    """How a contract's text form is read.

    Attributes:
        fields: names of the fields, in the order of their values.
        numbers: those among them that are numbers.
        required: how many values there are at least.
        rest: the last field, where it is free words: all that is left, commas too.
        sign_of: the number whose sign is read apart; None: signs stay where they are.
        sign_field: the field that the sign gives.
        values: fields with a constant value.
    """

    fields: tuple[str, ...]
    numbers: frozenset[str]
    required: int
    rest: str | None = None
    sign_of: str | None = None
    sign_field: str = ""
    plus: str = ""
    minus: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of a contract.

    Attributes:
        lifted_names: newest version's field name -> this version's.
        lifted_values: newest version's field name -> constant.
        text_form: how messages that are no JSON are read; None: they are refused.
    """

    number: int
    fields: tuple[Field, ...]
    lifted_names: Mapping[str, str]
    lifted_values: Mapping[str, str]
    text_form: TextForm | None = None

    def field(self, name: str) -> Field | None:
        """The field of this name, if the version has it."""
        return next((field for field in self.fields if field.name == name), None)


@dataclasses.dataclass(frozen=True)
class Contract:
    """All accepted versions of a feed's contract."""

    feed: str
    versions: Mapping[int, Version]
    newest: Version

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """Fields of the newest version that have a column, in the schema's order."""
        return tuple(field for field in self.newest.fields if field.column is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the staging table that the contract fills, in the schema's order."""
        return tuple(field.column for field in self.stored_fields if field.column is not None)

    @property
    def identity(self) -> str:
        """Name of the field that says what the message is about: the first."""
        return self.newest.fields[0].name

    @property
    def date_name(self) -> str:
        """Name of the field that states the business date."""
        field = self.role_field(TRADE_DATE)
        return TRADE_DATE if field is None else field.name

    def role_field(self, role: str) -> Field | None:
        """The newest version's field that plays a role."""
        return next((field for field in self.newest.fields if field.role == role), None)


def schema_path(feed: str, version: int) -> Path:
    """Where the contract of a feed's version lies."""
    return CONTRACTS_ROOT / f"{feed}.v{version}.schema.json"


def read_schema(feed: str, version: int) -> dict[str, Any]:
    """The contract as JSON.

    Raises:
        ConfigurationError: the file is missing or is no JSON object.
    """
    path = schema_path(feed, version)
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"contract {path.name} cannot be read: {error}") from error
    if not isinstance(schema, dict):
        raise ConfigurationError(f"contract {path.name} is not a JSON object")
    return schema


@functools.cache
def read_contract(feed: Feed) -> Contract:
    """All versions of a feed's contract.

    Raises:
        ConfigurationError: a schema is missing, or describes a field in a way that is not known.
    """
    versions = {
        number: _read_version(read_schema(feed.name, number), number)
        for number in feed.contract_versions
    }
    newest = versions[max(versions)]
    newest_names = {field.name for field in newest.fields}
    for version in versions.values():
        named = set(version.lifted_names) | set(version.lifted_values)
        if not named <= newest_names:
            raise ConfigurationError(
                f"contract {feed.name} v{version.number} lifts to unknown fields:"
                f" {sorted(named - newest_names)}"
            )
    return Contract(feed.name, versions, newest)


def _read_version(schema: Mapping[str, Any], number: int) -> Version:
    required = set(schema["required"])
    fields = tuple(
        _read_field(name, rules, name in required) for name, rules in schema["properties"].items()
    )
    text_form = _read_text_form(schema.get("x-text-form"), fields)
    lift = schema.get("x-lift")
    if lift is None:
        names = {field.name: field.name for field in fields}
        return Version(number, fields, names, {}, text_form)
    values = {name: str(value) for name, value in lift["values"].items()}
    return Version(number, fields, dict(lift["names"]), values, text_form)


def _read_text_form(rules: Mapping[str, Any] | None, fields: tuple[Field, ...]) -> TextForm | None:
    if rules is None:
        return None
    kinds = {field.name: field.kind for field in fields}
    named = {*rules["fields"], *rules["values"], *filter(None, [rules.get("sign_field")])}
    if not named <= kinds.keys():
        raise ConfigurationError(
            f"x-text-form names unknown fields: {sorted(named - kinds.keys())}"
        )
    if rules.get("rest") not in (None, rules["fields"][-1]):
        raise ConfigurationError(f"x-text-form: rest is {rules['rest']!r}, not the last field")
    numbers = frozenset(name for name in rules["fields"] if kinds[name] in (DECIMAL, INTEGER))
    return TextForm(**{**rules, "fields": tuple(rules["fields"]), "numbers": numbers})


def _read_field(name: str, rules: Mapping[str, Any], is_required: bool) -> Field:
    kind = _kind_of(name, rules)
    absent = rules.get("x-absent")
    pattern = rules.get("pattern")
    excluded = rules.get("exclusiveMinimum")
    constant = rules.get("const")
    return Field(
        name=name,
        kind=kind,
        is_required=is_required,
        is_integer_text=kind == IDENTIFIER and "integer" in rules["type"],
        length_max=rules.get("maxLength", rules.get("x-length-kept", 0)),
        pattern=re.compile(pattern) if pattern else None,
        choices=frozenset(rules.get("enum", ())),
        minimum=constant if constant is not None else rules.get("minimum", excluded),
        maximum=constant if constant is not None else rules.get("maximum"),
        is_minimum_excluded=excluded is not None,
        integer_digits=rules.get("x-integer-digits", 0),
        fraction_digits=rules.get("x-fraction-digits", 0),
        column=rules.get("x-column", name),
        role=rules.get("x-role"),
        absence=Absence(**absent) if absent else None,
    )


def _kind_of(name: str, rules: Mapping[str, Any]) -> str:
    if rules.get("x-format") == "text":
        return TEXT
    types = rules["type"]
    if types == "number":
        return DECIMAL
    if types == "integer":
        return INTEGER
    if rules.get("x-format") == "instant":
        return INSTANT
    if rules.get("format") == "date":
        return DATE
    if "enum" in rules:
        return CHOICE
    if "pattern" in rules:
        return IDENTIFIER
    raise ConfigurationError(f"contract field {name!r} is of no known kind: {dict(rules)}")
