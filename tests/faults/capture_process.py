"""The capture as a process of its own: the rounds that the Dag ``trade_capture`` makes.

A series of rounds that fails is noted, and the next one begins, as Airflow would have it. The
process is forked from one that has imported all, so that starting it costs nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from posttrade import database, drain_session
from posttrade.backlog import is_capture_idle, read_watermarks
from posttrade.capture_rounds import CaptureRounds, RoundLimits
from posttrade.drain import DrainLimits

PAUSE_S = 0.1
JOIN_TIMEOUT_S = 240
FRAMES_TOLD = 5
SERIES = RoundLimits(lasts_s=5.0, idle_s=1.0, round_s=0.2, poll_s=0.1)
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.preloaded"])


@dataclasses.dataclass(frozen=True)
class CaptureOptions:
    """What a capture works on, and how.

    Attributes:
        folder: where it notes its errors, and is told to finish.
        name: of its notes, and its run id.
        batch_messages_max: see ``DrainLimits``.
        idle_s: the same.
        statement_timeout_s: after which the server ends a statement.
        idle_timeout_s: after which the server ends a session that does nothing.
        clock_shift: by which this process's clock is wrong.
    """

    dsn: str
    kafka_config: dict[str, Any]
    folder: Path
    name: str
    batch_messages_max: int = 50_000
    idle_s: float = 4.0
    statement_timeout_s: int | None = None
    idle_timeout_s: int | None = None
    clock_shift: dt.timedelta = dt.timedelta()


class Capture:
    """A running capture, seen from the test."""

    def __init__(self, options: CaptureOptions) -> None:
        self.options = options
        self.process = CONTEXT.Process(target=run_capture, args=(options,), daemon=True)
        self.process.start()
        assert self.process.pid is not None
        self.pid: int = self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.join(JOIN_TIMEOUT_S)

    def signal(self, number: int) -> None:
        if self.process.is_alive():
            os.kill(self.pid, number)

    def finish(self, timeout_s: float = JOIN_TIMEOUT_S) -> None:
        """Let it work until nothing is left, then end."""
        (self.options.folder / f"{self.options.name}.finish").touch()
        self.process.join(timeout_s)
        if self.process.exitcode != 0:
            self.kill()
            raise AssertionError(
                f"{self.options.name} did not finish in {timeout_s:g} s; its last errors: "
                f"{self.errors()[-3:]}"
            )

    def errors(self) -> list[dict[str, str]]:
        """What went wrong in it: kind, text, where."""
        path = self.options.folder / f"{self.options.name}.errors"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run_capture(options: CaptureOptions) -> None:
    """Work until it is told to finish, and nothing is left."""
    _begin(options)
    finish = options.folder / f"{options.name}.finish"
    while True:
        rounds = CaptureRounds(
            options.dsn, options.kafka_config, run_id=options.name, limits=SERIES
        )
        is_last = finish.exists()
        if (
            _attempt(options, rounds.run)
            and is_last
            and _attempt(options, lambda: _is_idle(options))
        ):
            return
        time.sleep(PAUSE_S)


def _is_idle(options: CaptureOptions) -> bool:
    return is_capture_idle(options.dsn, read_watermarks(options.kafka_config))


def _attempt(options: CaptureOptions, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - all are noted, and the test judges them
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "posttrade" in f.filename]
        note = {
            "kind": type(error).__name__,
            "text": str(error),
            "where": " ".join(ours[-FRAMES_TOLD:]),
        }
        with (options.folder / f"{options.name}.errors").open("a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
        return None


def _begin(options: CaptureOptions) -> None:
    log = os.open(options.folder / f"{options.name}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    logging.basicConfig(
        level=logging.WARNING, force=True, format="%(asctime)s %(name)s %(message)s"
    )
    shorten_timeouts(options)
    if options.clock_shift:
        shift_clock(options.clock_shift)


def shorten_timeouts(options: CaptureOptions) -> None:
    """So that a test need not wait the minutes that production waits."""
    limits = DrainLimits(messages_max=options.batch_messages_max, idle_s=options.idle_s)
    DrainLimits.__init__.__defaults__ = dataclasses.astuple(limits)  # type: ignore[misc]
    defaults = database.connect.__wrapped__.__kwdefaults__  # type: ignore[attr-defined]
    if options.statement_timeout_s is not None:
        defaults["statement_timeout_s"] = options.statement_timeout_s
    if options.idle_timeout_s is not None:
        defaults["idle_timeout_s"] = options.idle_timeout_s
        drain_session.end_hung_drains.__kwdefaults__["hung_s"] = options.idle_timeout_s


def shift_clock(shift: dt.timedelta) -> None:
    """Let Python's clock of this process be wrong."""
    real, real_time = dt.datetime, time.time

    class Kind(type(real)):  # type: ignore[misc]
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

    class Shifted(real, metaclass=Kind):  # type: ignore[misc,valid-type]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return real.now(tz) + shift

        @classmethod
        def utcnow(cls) -> dt.datetime:
            return real.now(dt.timezone.utc).replace(tzinfo=None) + shift

    class ShiftedDate(dt.date):
        @classmethod
        def today(cls) -> dt.date:
            return (real.now() + shift).date()

    dt.datetime = Shifted  # type: ignore[misc]
    dt.date = ShiftedDate  # type: ignore[misc]
    time.time = lambda: real_time() + shift.total_seconds()
