"""What a suite said about a batch or a day, free of the engine that said it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

FAILED_RULES_SHOWN_MAX = 5


class Level(str, enum.Enum):
    """What follows when a rule fails: the rows leave, they get a flag, or the whole stops."""

    REJECT = "reject"
    WARN = "warn"
    STOP = "stop"


@dataclasses.dataclass(frozen=True, order=True)
class RowKey:
    """The place of a row's message."""

    topic: str
    partition: int
    message_offset: int


@dataclasses.dataclass(frozen=True)
class RuleResult:
    """One rule of a suite after a run.

    Attributes:
        failing_count: rows that break the rule; for a rule about the table as a whole, 1 or 0.
        observed: what was found, for people; empty when the rule holds.
        expected: the bound as the suite states it.
        error: message of the engine when the rule could not be evaluated.
        failing_rows: keys of the rows that break the rule, where the caller asked for them.
    """

    rule: str
    level: Level
    sentence: str
    is_success: bool
    failing_count: int = 0
    observed: str = ""
    expected: str = ""
    error: str | None = None
    failing_rows: tuple[RowKey, ...] = ()

    @property
    def is_stop(self) -> bool:
        """Whether this result alone stops the batch or the day."""
        return self.error is not None or (self.level is Level.STOP and not self.is_success)

    def describe(self) -> str:
        """Rule, found and expected in one line."""
        if self.error is not None:
            return f"{self.rule} could not be evaluated: {self.error}"
        return f"{self.rule}: found {self.observed}, expected {self.expected}. {self.sentence}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """All rules of one suite after a run, in the suite's order.

    ``row_count`` is known where rows fail (no query is spent on it otherwise), else 0. ``document``
    holds the engine's own result where it was asked for.
    """

    suite: str
    rules: tuple[RuleResult, ...]
    row_count: int
    duration_ms: int
    document: Mapping[str, Any]

    @property
    def stops(self) -> tuple[RuleResult, ...]:
        """Results that stop the batch or the day."""
        return tuple(result for result in self.rules if result.is_stop)

    @property
    def worst_level(self) -> Level | None:
        """The gravest level among the failed rules."""
        failed = {result.level for result in self.rules if not result.is_success}
        if self.stops:
            return Level.STOP
        return next((level for level in (Level.REJECT, Level.WARN) if level in failed), None)

    def describe_stops(self) -> str:
        """The rules that stop, in one line for a person."""
        lines = [result.describe() for result in self.stops[:FAILED_RULES_SHOWN_MAX]]
        more = len(self.stops) - len(lines)
        return " | ".join(lines) + (f" | and {more} more" if more else "")

    def row_findings(self, level: Level) -> list[dict[str, Any]]:
        """Failing rows of one level: key, first rule as ``reason``, every rule in ``detail``."""
        broken: dict[RowKey, list[RuleResult]] = {}
        for result in self.rules:
            if result.level is level:
                for key in result.failing_rows:
                    broken.setdefault(key, []).append(result)
        return [
            {
                **dataclasses.asdict(key),
                "reason": results[0].rule,
                "rules": [result.rule for result in results],
                "detail": " ".join(f"{result.rule}: {result.sentence}" for result in results),
            }
            for key, results in sorted(broken.items())
        ]

    def summary(self, quarantined_count: int) -> dict[str, Any]:
        """The parameters of ``quality/write_result`` that come from the verdict."""
        failed = [result for result in self.rules if not result.is_success]
        rules = [
            {
                "rule": result.rule,
                "level": result.level.value,
                "failing_count": result.failing_count,
                "observed": result.observed,
                "expected": result.expected,
                "error": result.error,
            }
            for result in failed
        ]
        return {
            "suite": self.suite,
            "is_success": not failed,
            "worst_severity": self.worst_level.value if self.worst_level else None,
            "evaluated_count": len(self.rules),
            "failed_count": len(failed),
            "errored_count": sum(result.error is not None for result in failed),
            "quarantined_count": quarantined_count,
            "duration_ms": self.duration_ms,
            "result": {"failed_rules": rules, **self.document},
        }
