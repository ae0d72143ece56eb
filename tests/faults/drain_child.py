"""A drain that is killed, as if the machine had failed, when it has done something n times.

Run as a process of its own: DSN BOOTSTRAP_SERVERS DEED N.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import psycopg

from posttrade import batch_store, drain
from posttrade.feed_reader import FeedReader

BATCH_MESSAGES = 500
DEEDS: dict[str, tuple[Any, str]] = {
    "read a batch": (FeedReader, "read_batch"),
    "moved the offsets": (batch_store, "_move_offsets"),
    "inserted the batch": (batch_store, "_insert_batch"),
    "written to a copy": (psycopg.Copy, "write"),
    "copied the rows": (batch_store, "_copy_rows"),
    "committed": (drain, "store_batch"),
}


def kill_after(deed: str, times: int) -> None:
    owner, name = DEEDS[deed]
    real = getattr(owner, name)
    done = 0

    def act_and_die(*arguments: Any, **named: Any) -> Any:
        nonlocal done
        result = real(*arguments, **named)
        done += 1
        if done == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, act_and_die)


if __name__ == "__main__":
    dsn, bootstrap_servers, deed, times = sys.argv[1:]
    kill_after(deed, int(times))
    drain.drain_feeds(
        dsn,
        {"bootstrap.servers": bootstrap_servers, "group.id": "posttrade"},
        run_id="killed",
        limits=drain.DrainLimits(messages_max=BATCH_MESSAGES, batches_per_feed_max=100),
    )
