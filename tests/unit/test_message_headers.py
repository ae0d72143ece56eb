from __future__ import annotations

from posttrade.message_headers import KNOWN_MAX, HeaderReader


def test_small_combinations_are_read_once() -> None:
    reader = HeaderReader()
    first = reader.read([("contract-version", b"2")])
    assert first is not None
    assert first.contract_version == b"2"
    assert reader.read([("contract-version", b"2")]) is first
    assert reader.read([]) is None


def test_what_is_remembered_is_bounded() -> None:
    reader = HeaderReader()
    large = [("note", b"x" * 100_000)]
    assert reader.read(large) is not reader.read(large)
    for number in range(3 * KNOWN_MAX):
        reader.read([("id", b"%d" % number)])
    assert len(reader) <= KNOWN_MAX
