"""The short text form of a message: values in a fixed order, separated by commas.

A contract that has one says so in ``x-text-form``:

``fields``, ``required``
    What the values are, in their order, and how many of them must be there.
``rest``
    The last field, where it is free words: all that is left, commas too.
``sign_of``, ``sign_field``, ``plus``, ``minus``
    A minus sign before the number ``sign_of`` is no part of it: the sign gives ``sign_field``.
``values``
    What else a message in this form says.
"""

from __future__ import annotations

import re
from typing import Any

from posttrade.contracts.schema import TextForm
from posttrade.contracts.values import NumberText, show
from posttrade.errors import DataRejected

SEPARATOR = ","
JSON_BEGINNINGS = ("{", "[", '"')
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)


def is_text_form(text: str) -> bool:
    """Whether a payload is no JSON that a message could be: the text form is to be tried."""
    return not text.lstrip().startswith(JSON_BEGINNINGS)


def parse_text(form: TextForm, text: str) -> dict[str, Any]:
    """The fields of a message in text form, as ``parse_object`` gives those of a JSON object.

    Raises:
        DataRejected: too few or too many values, or no number where one belongs.
    """
    if not text.strip():
        raise DataRejected("empty_message", "the message holds nothing but blanks")
    cuts_max = len(form.fields) - 1 if form.rest is not None else -1
    values = [value.strip() for value in text.split(SEPARATOR, cuts_max)]
    expected = SEPARATOR.join(form.fields)
    if len(values) < form.required:
        raise DataRejected("too_few_values", f"found {show(text)}, expected {expected}")
    if len(values) > len(form.fields):
        raise DataRejected("too_many_values", f"found {show(text)}, expected {expected}")
    parsed: dict[str, Any] = dict(form.values)
    for name, value in zip(form.fields, values, strict=False):
        parsed[name] = _number_of(form, name, value, parsed) if name in form.numbers else value
    return parsed


def _number_of(form: TextForm, name: str, value: str, parsed: dict[str, Any]) -> NumberText:
    if not NUMBER.fullmatch(value):
        raise DataRejected("wrong_type", f"{name} is {show(value)}, expected a number")
    if name != form.sign_of:
        return NumberText(value)
    parsed[form.sign_field] = form.minus if value.startswith("-") else form.plus
    return NumberText(value.removeprefix("-"))
