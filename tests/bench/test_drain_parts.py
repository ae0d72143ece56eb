"""Whose processor time a drain takes: also that of processes which have ended since."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from bench.drain_parts import describe_parts, watch_cpu
from bench.harness import Measured, Repetition

WORK = "import time\nwhile time.process_time() < 0.3: pass"
ALONE = {"seconds": 0.002, "client_cpu_seconds": 0.001, "broker_cpu_seconds": 0.0005}
FACTS: dict[str, Any] = {
    "drain_seconds": 0.01,
    "client_cpu_seconds": 0.009,
    "server_cpu_seconds": 0.004,
    "broker_cpu_seconds": 0.001,
    "consume_only": ALONE,
}


def test_what_a_child_took_counts_after_its_end() -> None:
    with watch_cpu({"other": os.getpid()}) as spent:
        subprocess.run([sys.executable, "-c", WORK], check=True)
    assert spent["other_cpu_seconds"] >= 0.25  # the system counts in hundredths
    assert spent["client_cpu_seconds"] < spent["other_cpu_seconds"]


def test_the_parts_are_told_for_each_message() -> None:
    done = [Repetition(Measured(0.01, FACTS, 1.0), 0.001, None)] * 3
    told = describe_parts(1_000, done)
    assert "of 10.0 µs a message" in told
    assert "the client works 9.0 µs, the server 4.0 µs, the broker 1.0 µs" in told
    assert told.endswith("takes 2.0 µs: client 1.0 µs, broker 0.5 µs")


def test_a_server_elsewhere_is_unknown() -> None:
    facts = {name: fact for name, fact in FACTS.items() if name != "server_cpu_seconds"}
    done = [Repetition(Measured(0.01, facts, 1.0), 0.001, None)] * 3
    assert "the server unknown" in describe_parts(1_000, done)
