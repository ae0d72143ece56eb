"""kill -9 at any point of the drain, then again: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from posttrade.drain import drain_feeds
from posttrade.instance import REPOSITORY
from tests.faults.drain_child import DEEDS
from tests.ingest.conftest import PARTITIONS, Feeds

GOOD, BAD = 9_000, 300
CHILD_TIMEOUT_S = 60


def run_until_killed(feeds: Feeds, deed: str, times: int) -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.faults.drain_child",
            feeds.dsn,
            feeds.broker.bootstrap_servers,
            deed,
            str(times),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'include'}{os.pathsep}{REPOSITORY}"},
        timeout=CHILD_TIMEOUT_S,
        check=False,
    )
    assert result.returncode == -signal.SIGKILL, deed


def check_consistency(feeds: Feeds) -> int:
    """What is stored agrees with the offsets, at any moment; gives the number of messages."""
    messages = feeds.count("landing.messages")
    assert feeds.count("staging.executions") + feeds.count("landing.rejects") == messages
    assert feeds.ask("select coalesce(sum(next_offset), 0) from landing.offsets") == [(messages,)]
    assert feeds.ask("select coalesce(sum(message_count), 0) from landing.batches") == [(messages,)]
    assert feeds.ask(
        "select count(*) from landing.offsets o where o.next_offset is distinct from ("
        " select max(end_offset) from landing.batch_ranges r"
        " where (r.topic, r.partition) = (o.topic, o.partition))"
    ) == [(0,)]
    return messages


def test_killed_drain_loses_and_doubles_nothing(
    feeds: Feeds, make_trade: Callable[..., bytes]
) -> None:
    payloads: list[bytes | None] = [make_trade(number) for number in range(GOOD)]
    feeds.send("trades", payloads + [b"?"] * BAD)
    stored = [0]
    for deed in DEEDS:
        for times in (1, 2):
            run_until_killed(feeds, deed, times)
            stored.append(check_consistency(feeds))
    assert stored == sorted(stored)
    assert 0 < stored[-1] < GOOD + BAD  # batches before the kill stay, and it was never the end
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="again")
    assert check_consistency(feeds) == GOOD + BAD
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="and again")
    assert check_consistency(feeds) == GOOD + BAD
    assert feeds.count("landing.rejects") == BAD
    assert feeds.ask("select count(distinct trade_id) from staging.executions") == [(GOOD,)]
    assert feeds.count("landing.offsets") == PARTITIONS
