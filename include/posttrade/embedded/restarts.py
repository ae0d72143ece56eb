"""What is known of services that died: how often, when the next attempt is due, who is given up.

Written by the supervisor and by `up`, each while it holds the lock of the instance; read by
everyone.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from posttrade.instance import Instance, write_private

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
DEATHS_MAX = 6  # one after the other, each soon after the start
STEADY_S = 30.0  # a life of this length forgives the deaths before it


@dataclasses.dataclass
class Case:
    """One service that died at least once; times in seconds since 1970.

    Attributes:
        restarts: how often it was started again by itself.
        deaths: how often in a row it died soon after its start.
        next_attempt_at: when it is started again; None while it lives.
        given_up_at: when it was given up, if it was.
        last_lines: the end of its log then.
        is_told: whether an alert was made of that.
    """

    restarts: int = 0
    deaths: int = 0
    next_attempt_at: float | None = None
    given_up_at: float | None = None
    last_lines: str = ""
    is_told: bool = False

    def note_death(self, now: float, lived_s: float, last_lines: str) -> None:
        """Decide what follows: another attempt after a pause, or none."""
        self.deaths = 1 if lived_s >= STEADY_S else self.deaths + 1
        if self.deaths >= DEATHS_MAX:
            self.given_up_at, self.last_lines, self.is_told = now, last_lines, False
            self.next_attempt_at = None
            return
        pause_s = min(FIRST_PAUSE_S * 2 ** (self.deaths - 1), LONGEST_PAUSE_S)
        self.next_attempt_at = now + pause_s


def read_cases(instance: Instance) -> dict[str, Case]:
    """Every case by the name of its service."""
    try:
        facts = json.loads(_path(instance).read_text(encoding="utf-8"))
        return {name: Case(**case) for name, case in facts.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_cases(instance: Instance, cases: dict[str, Case]) -> None:
    """Write them all down."""
    services = {name: dataclasses.asdict(case) for name, case in cases.items()}
    write_private(_path(instance), json.dumps(services, indent=2))


def forgive(instance: Instance) -> None:
    """Begin anew with every service, for a person has looked; the count of restarts goes on."""
    cases = read_cases(instance)
    if cases:
        write_cases(instance, {name: Case(restarts=case.restarts) for name, case in cases.items()})


def _path(instance: Instance) -> Path:
    return instance.run_dir / "restarts.json"
