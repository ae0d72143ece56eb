"""The last way out of a task that hangs where Python cannot interrupt it.

Airflow ends a task at its execution timeout by a signal that Python handles between two of its
steps. A process that hangs inside a library never comes to its next step, and the worker goes on
telling that the task is alive. A thread of the interpreter's own, which needs nothing of the rest
of it, then writes down where each thread stands and ends the process; the task is tried again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import faulthandler
from collections.abc import Iterator

GRACE = dt.timedelta(seconds=30)  # for the orderly way
STANDARD_ERROR = 2  # Airflow reads the task's log from there


@contextlib.contextmanager
def ended_when_overdue(timeout: dt.timedelta | None, grace: dt.timedelta = GRACE) -> Iterator[None]:
    """End this process if the block lasts longer than the timeout and the grace; None: never."""
    if timeout is None:
        yield
        return
    seconds = (timeout + grace).total_seconds()
    faulthandler.dump_traceback_later(seconds, exit=True, file=STANDARD_ERROR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
