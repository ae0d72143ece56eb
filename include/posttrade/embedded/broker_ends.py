"""Where each partition of the embedded broker ends, in a file that outlives a kill -9.

The broker keeps messages in memory only. What it held when it died can therefore not be had back,
but it can be counted: each end is written before the producer hears that its message was taken.
The file has a line of fixed length for each partition; a write goes to the system's cache, which
outlives the process. (When the machine itself fails, the newest ends may be missing.)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from posttrade.embedded.broker_gate import Key
from posttrade.errors import ConfigurationError

LINE_BYTES = 320  # a topic's name has 249 characters at most


class EndOffsets:
    """Keeps the file while the broker runs.

    Args:
        path: the file; written anew.
        ends: where each partition ends now.
    """

    def __init__(self, path: Path, ends: Mapping[Key, int]) -> None:
        self._places = {key: number * LINE_BYTES for number, key in enumerate(sorted(ends))}
        draft = path.with_name(f".{path.name}.new")
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        for key, end in ends.items():
            self.note(*key, end)
        draft.replace(path)

    def note(self, topic: str, partition: int, end: int) -> None:
        """The partition ends there now."""
        line = f"{topic}\t{partition}\t{end}".encode().ljust(LINE_BYTES - 1) + b"\n"
        os.pwrite(self._descriptor, line, self._places[topic, partition])


def read_ends(path: Path) -> dict[Key, int]:
    """Where each partition ended at last; nothing when no broker has written yet.

    Raises:
        ConfigurationError: the file is not what a broker writes.
    """
    ends: dict[Key, int] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            topic, partition, end = line.strip().split("\t")
            ends[topic, int(partition)] = int(end)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}): remove it; messages that the last embedded broker "
            "held undrained are then not counted"
        ) from error
    return ends


def count_undrained(
    ends: Mapping[Key, int], drained: Mapping[Key, int], topics: Iterable[str]
) -> dict[str, int]:
    """Messages of each topic that were taken and are not in the database; only where there are."""
    counts: dict[str, int] = {}
    wanted = set(topics)
    for (topic, partition), end in ends.items():
        missing = end - drained.get((topic, partition), 0)
        if topic in wanted and missing > 0:
            counts[topic] = counts.get(topic, 0) + missing
    return counts
