"""How far the embedded broker had come, known after it died."""

from __future__ import annotations

from pathlib import Path

import pytest

from posttrade.embedded.broker_ends import EndOffsets, count_undrained, read_ends
from posttrade.errors import ConfigurationError


def test_ends_are_read_back_as_last_noted(tmp_path: Path) -> None:
    path = tmp_path / "ends"
    assert read_ends(path) == {}
    ends = EndOffsets(path, {("b", 1): 7, ("a", 0): 0, ("t" * 249, 2**31 - 1): 2**62})
    ends.note("a", 0, 12)
    ends.note("a", 0, 8_000_000_000)
    assert read_ends(path) == {
        ("a", 0): 8_000_000_000,
        ("b", 1): 7,
        ("t" * 249, 2**31 - 1): 2**62,
    }


def test_a_new_broker_begins_where_it_says(tmp_path: Path) -> None:
    path = tmp_path / "ends"
    EndOffsets(path, {("a", 0): 5})
    EndOffsets(path, {("a", 0): 9}).note("a", 0, 10)
    assert read_ends(path) == {("a", 0): 10}


def test_a_file_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ends").write_text("no offsets")
    with pytest.raises(ConfigurationError, match="remove it"):
        read_ends(tmp_path / "ends")


def test_what_is_undrained_is_counted_by_topic() -> None:
    ends = {("a", 0): 10, ("a", 1): 4, ("b", 0): 3, ("output", 0): 99}
    drained = {("a", 0): 6, ("b", 0): 3}
    assert count_undrained(ends, drained, ("a", "b")) == {"a": 8}
