"""What the package answers about an expectation, in the product's words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from posttrade.errors import InvariantBroken
from posttrade.quality.verdict import Level, RowKey, RuleResult

ERROR_LENGTH_MAX = 500


@dataclasses.dataclass(frozen=True)
class Answer:
    """What `read_result` reads of the package's own result; an expectation that judged."""

    success: bool
    result: Mapping[str, Any]
    exception_info: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def read_error(exception_info: Mapping[str, Any]) -> str | None:
    """Message of an expectation that could not be evaluated; None when it could.

    The package puts either one record there, or one for each metric that failed.
    """
    records = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    for record in records:
        if record["raised_exception"]:
            return str(record["exception_message"])[:ERROR_LENGTH_MAX]
    return None


def read_result(expectation: Any, result: Any, parameters: Mapping[str, Any]) -> RuleResult:
    """One rule's result in the product's words."""
    found = result.result
    error = None if result.success else read_error(result.exception_info)
    row_count = found.get("unexpected_count")
    observed = ""
    if not result.success and error is None:
        of_rows = f"{row_count} of {found.get('element_count')} rows outside"
        observed = of_rows if row_count is not None else str(found.get("observed_value"))
    rows = read_rows(found)
    if rows and len(rows) != row_count:
        raise InvariantBroken(
            f"rule {expectation.meta['rule']!r}: {row_count} rows break it, {len(rows)} were named"
        )
    return RuleResult(
        rule=expectation.meta["rule"],
        level=Level(expectation.meta["level"]),
        sentence=expectation.meta["sentence"],
        is_success=bool(result.success),
        failing_count=0 if result.success else row_count or 1,
        observed=observed,
        expected=describe_bound(expectation, parameters),
        error=error,
        failing_rows=rows,
    )


def read_rows(found: Mapping[str, Any]) -> tuple[RowKey, ...]:
    """Keys of the failing rows, where the result lists them."""
    return tuple(
        RowKey(row["topic"], int(row["partition"]), int(row["message_offset"]))
        for row in found.get("unexpected_index_list") or ()
    )


def describe_bound(expectation: Any, parameters: Mapping[str, Any]) -> str:
    """The bound of an expectation as ``name = value``, parameters filled in."""
    kwargs = {
        name: parameters.get(value["$PARAMETER"]) if isinstance(value, dict) else value
        for name, value in expectation.configuration.kwargs.items()
        if name not in ("batch_id", "column")
    }
    column = expectation.configuration.kwargs.get("column")
    bound = ", ".join(f"{name} = {value}" for name, value in sorted(kwargs.items()))
    return (f"{column} with {bound}" if column else bound)[:ERROR_LENGTH_MAX]


def strip_rows(document: dict[str, Any]) -> dict[str, Any]:
    """The package's result without lists of rows: those stand in ``landing.rejects``."""
    for result in document["results"]:
        result["result"] = {
            name: value
            for name, value in result["result"].items()
            if not name.endswith(("_list", "_query", "_counts"))
        }
    return document
