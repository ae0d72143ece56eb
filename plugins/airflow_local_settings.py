"""What is done once, in the scheduler, before its LocalExecutor forks the workers.

Airflow imports this module in every one of its processes; the others do not run tasks and are left
alone.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import logging
import os
import sys
from typing import Any

PRELOADED = (
    "great_expectations",
    "pandas",
    "confluent_kafka",
    "psycopg",
    "msgspec",
    "jinja2",
    "exchange_calendars",
    "altair",
    "vl_convert",
    "posttrade.capture_rounds",
)
EXIT_POLL_S = 0.02
LIBPQ_NAMES = {"host": "host", "port": "port", "user": "login", "password": "password",
               "dbname": "schema"}  # fmt: skip
__all__: list[str] = []  # nothing here is a policy or a setting of Airflow's

log = logging.getLogger(__name__)


def preload() -> None:
    """Import slow libraries: a task is a fork of a worker, and finds them imported.

    Great Expectations alone takes seconds. One that is missing is the task's to complain about.
    Code of the product that is among them changes for tasks when the scheduler is started again.
    """
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            log.warning("%s cannot be preloaded", name, exc_info=True)
    try:
        importlib.import_module("posttrade.quality").preload()
    except Exception:  # the scheduler has to start whatever the suites look like
        log.warning("the expectation suites cannot be preloaded", exc_info=True)
    try:
        if dsn := read_trade_dsn():
            importlib.import_module("posttrade.quality").prepare_validation(dsn)
    except Exception:  # each task then does it for itself
        log.warning("the expectation suites cannot be prepared", exc_info=True)
    # what stays for ever need not be looked through for garbage in every task, nor copied by it
    gc.collect()
    gc.freeze()


def read_trade_dsn() -> str | None:
    """The trade database, where its Airflow connection stands in the environment; else None.

    Airflow's own way to it is not open yet while its settings are read.
    """
    stated = os.environ.get("AIRFLOW_CONN_POSTTRADE_DB", "")
    if not stated.startswith("{"):
        return stated or None
    from psycopg.conninfo import make_conninfo

    parts = json.loads(stated)
    extra = parts.get("extra") or {}
    keywords = {key: parts.get(name) for key, name in LIBPQ_NAMES.items() if parts.get(name)}
    return make_conninfo(**keywords, **(json.loads(extra) if isinstance(extra, str) else extra))


def notice_exits_promptly() -> None:
    """Make the worker see at once that its task's process has ended.

    A worker waits for its task's pipes to close and then looks, once, whether the process is gone.
    On busy cores it looks a moment too early, and then sleeps a whole heartbeat interval: five
    seconds in which it takes no other task, and in which a failed task is not known to have failed.
    With the pipes closed there is nothing left to wait for but the exit, so it may look often.
    """
    from airflow.sdk.execution_time.supervisor import WatchedSubprocess

    wait = getattr(WatchedSubprocess, "_service_subprocess", None)
    if wait is None or "_open_sockets" not in WatchedSubprocess.__annotations__:
        log.warning("this Airflow's worker is built differently: ends of tasks may be seen late")
        return

    @functools.wraps(wait)
    def wait_briefly(self: Any, max_wait_time: float, *rest: Any, **options: Any) -> Any:
        if not self._open_sockets:
            max_wait_time = min(max_wait_time, EXIT_POLL_S)
        return wait(self, max_wait_time, *rest, **options)

    WatchedSubprocess._service_subprocess = wait_briefly  # type: ignore[method-assign]


if sys.argv[1:2] == ["scheduler"]:
    preload()
    notice_exits_promptly()
