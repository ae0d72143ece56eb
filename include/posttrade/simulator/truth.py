"""The truth beside a simulated day: what was planted, trade by trade, for tests and for `planted`.

``<truth_dir>/<date>/seed-<seed>.ndjson`` has a line for every trade and message that is out of the
ordinary; ``seed-<seed>.json`` the counts of that run; ``summary.json`` those of all runs together.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from posttrade.errors import ConfigurationError

if TYPE_CHECKING:
    from typing_extensions import Self

COUNTS = (
    "planted",
    "planted_once",
    "sent",
    "malformed",
    "hostile",
    "duplicates",
    "suspicions",
    "noted",
)


@dataclasses.dataclass
class Tally:
    """Counts of one run.

    Attributes:
        planted: breaks by type; a trade counts once for each of its types.
        planted_once: breaks that a date has once, however many trades and runs cause them.
        sent: messages by topic.
        malformed: refused messages by what is wrong with them.
        hostile: the same for those made to do harm.
        duplicates: messages sent a second time, by topic.
        suspicions: what compliance must flag, by rule.
        noted: trades out of the ordinary that must not break: late, corrected, cancelled, …
    """

    planted: Counter[str] = dataclasses.field(default_factory=Counter)
    planted_once: Counter[str] = dataclasses.field(default_factory=Counter)
    sent: Counter[str] = dataclasses.field(default_factory=Counter)
    malformed: Counter[str] = dataclasses.field(default_factory=Counter)
    hostile: Counter[str] = dataclasses.field(default_factory=Counter)
    duplicates: Counter[str] = dataclasses.field(default_factory=Counter)
    suspicions: Counter[str] = dataclasses.field(default_factory=Counter)
    noted: Counter[str] = dataclasses.field(default_factory=Counter)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Counts by name, each in name order."""
        return {name: dict(sorted(getattr(self, name).items())) for name in COUNTS}


class TruthWriter:
    """Writes one run's truth; it takes its place only when the run has ended well.

    Args:
        content: the options that decide what is sent, as text.

    Raises:
        ConfigurationError: this seed was used for this date with other options: the new messages
            would contradict the old ones under the same trade ids.
    """

    def __init__(
        self, truth_dir: Path, business_date: dt.date, seed: int, content: Mapping[str, str]
    ) -> None:
        self._folder = truth_dir / business_date.isoformat()
        self._lines_path = self._folder / f"seed-{seed}.ndjson"
        self._counts_path = self._folder / f"seed-{seed}.json"
        self._content = dict(content)
        self._refuse_other_content(seed, business_date)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._draft = self._lines_path.with_name(f"{self._lines_path.name}.new")
        self._file = self._draft.open("w", encoding="utf-8")
        self.tally = Tally()

    def _refuse_other_content(self, seed: int, business_date: dt.date) -> None:
        if not self._counts_path.exists():
            return
        known = json.loads(self._counts_path.read_text(encoding="utf-8"))["options"]
        if known != self._content:
            names = sorted(known.keys() | self._content.keys())
            changed = [name for name in names if known.get(name) != self._content.get(name)]
            raise ConfigurationError(
                f"seed {seed} was simulated for {business_date} with other options "
                f"({', '.join(changed)}), so its trade ids are taken: choose another --seed"
            )

    def note(self, **facts: Any) -> None:
        """Write a line about one trade or message."""
        self._file.write(json.dumps(facts) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is not None:
            return
        self._draft.replace(self._lines_path)
        _write_json(self._counts_path, {"options": self._content, **self.tally.as_dict()})
        summary = {
            name: dict(sorted(counts.items())) for name, counts in _sum(self._folder).items()
        }
        _write_json(self._folder / "summary.json", summary)


def read_planted(truth_dir: Path, business_date: dt.date) -> dict[str, int] | None:
    """Breaks by type over all simulated runs of a date; None when the date was not simulated."""
    folder = truth_dir / business_date.isoformat()
    if not any(folder.glob("seed-*.json")):
        return None
    totals = _sum(folder)
    return dict(sorted((totals["planted"] + totals["planted_once"]).items()))


def read_suspicions(truth_dir: Path, business_date: dt.date) -> dict[str, list[str]]:
    """Subjects that compliance must flag, by rule, over all simulated runs of a date."""
    found: dict[str, list[str]] = {}
    for path in sorted((truth_dir / business_date.isoformat()).glob("seed-*.ndjson")):
        with path.open(encoding="utf-8") as lines:
            for facts in map(json.loads, lines):
                if "suspicion" in facts:
                    found.setdefault(facts["suspicion"], []).append(facts["subject_id"])
    return found


def _sum(folder: Path) -> dict[str, Counter[str]]:
    totals: dict[str, Counter[str]] = {name: Counter() for name in COUNTS}
    for path in sorted(folder.glob("seed-*.json")):
        counts = json.loads(path.read_text(encoding="utf-8"))
        for name in COUNTS:
            totals[name].update(counts[name])
    totals["planted_once"] = Counter(dict.fromkeys(totals["planted_once"], 1))
    return totals


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
