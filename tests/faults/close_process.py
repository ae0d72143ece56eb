"""The close of a date and its pack, each as a process of its own: the Dag ``end_of_day``."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import resource
from pathlib import Path
from typing import Any

from posttrade import close, quality, risk, settlement
from posttrade.errors import PostTradeError
from posttrade.reports import render_pack
from tests.faults.capture_process import CONTEXT

TIMEOUT_S = 120


def run_close(dsn: str, business_date: dt.date) -> None:
    """Close a date in a process of its own; without its pack."""
    process = CONTEXT.Process(target=close_date, args=(dsn, business_date), daemon=True)
    process.start()
    process.join(TIMEOUT_S)
    assert process.exitcode == 0, f"the close of {business_date} failed"


def close_date(dsn: str, business_date: dt.date) -> None:
    """The steps of the Dag, in its order."""
    close.begin_close(dsn, business_date, run_id="close")
    quality.validate_day(dsn, business_date, run_id="close")
    close.reconcile_day(dsn, business_date, run_id="close")
    settlement.instruct_day(dsn, business_date, run_id="close")
    settlement.close_orders(dsn, business_date, run_id="close")
    close.build_positions(dsn, business_date, run_id="close")
    close.count_control_totals(dsn, business_date, run_id="close")
    risk.measure_risk(dsn, business_date, run_id="close")


@dataclasses.dataclass
class Rendering:
    """A rendering of a pack that runs, or ran.

    Args:
        bytes_max: how large a file may become, as if the disk were full then; None: as it likes.
    """

    dsn: str
    business_date: dt.date
    reports_dir: Path
    bytes_max: int | None = None

    def start(self) -> Any:
        """Its process."""
        self._answer.unlink(missing_ok=True)
        process = CONTEXT.Process(target=self._render, daemon=True)
        process.start()
        return process

    def run(self) -> dict[str, Any]:
        """What came of it: the pack's version and changes, or the error."""
        process = self.start()
        process.join(TIMEOUT_S)
        assert self._answer.exists(), f"the rendering ended with {process.exitcode}"
        answer: dict[str, Any] = json.loads(self._answer.read_text(encoding="utf-8"))
        return answer

    @property
    def _answer(self) -> Path:
        return self.reports_dir.with_suffix(".answer")

    def _render(self) -> None:
        descriptor = self._answer.with_suffix(".draft")
        if self.bytes_max is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.bytes_max, resource.RLIM_INFINITY))
        try:
            pack = render_pack(
                self.dsn, self.business_date, run_id="render", reports_dir=self.reports_dir
            )
            answer = {"version": pack.version, "is_new": pack.is_new_version}
            answer |= {"changes": pack.changes, "files": pack.files}
        except (PostTradeError, OSError) as error:
            answer = {"kind": type(error).__name__, "text": str(error)}
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        descriptor.write_text(json.dumps(answer, default=str), encoding="utf-8")
        descriptor.rename(self._answer)
