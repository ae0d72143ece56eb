"""The produce request as bytes: what the gate reads is what a client wrote."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from posttrade.embedded import produce

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(topic=names, partition=st.integers(0, 1000), records=st.integers(1, 2**31 - 1))
def test_a_filler_reads_back(topic: str, partition: int, records: int) -> None:
    frame = produce.write_filler(topic, partition, records, 7)
    (length,) = struct.unpack(">i", frame[:4])
    assert length == len(frame) - 4
    request = produce.read_request(frame[4:])
    assert request.correlation == 7
    assert request.wants_answer
    (append,) = request.appends
    assert (append.topic, append.partition, append.records) == (topic, partition, records)


@given(topic=names, partition=st.integers(0, 1000), version=st.integers(3, 7))
def test_a_refusal_gives_no_offsets(topic: str, partition: int, version: int) -> None:
    append = produce.Append(topic, partition, 100, 3)
    request = produce.ProduceRequest(9, version, True, (append,))
    answer = produce.write_refusal(request, 56)
    assert struct.unpack(">ii", answer[:8]) == (len(answer) - 4, 9)
    assert produce.read_base_offsets(answer[4:], version) == {}
    accepted = produce.write_refusal(request, 0)
    assert produce.read_base_offsets(accepted[4:], version) == {}  # no offset: -1


def test_a_request_without_answer_is_made_to_want_one() -> None:
    frame = produce.write_filler("trades", 0, 1, 1)[4:]
    silent = bytearray(frame)
    at = bytes(frame).index(struct.pack(">hi", 1, 10_000))
    silent[at : at + 2] = b"\0\0"
    assert not produce.read_request(bytes(silent)).wants_answer
    assert produce.read_request(produce.ask_for_answer(bytes(silent))).wants_answer


@given(st.binary(max_size=200))
def test_garbage_is_an_error_and_never_hangs(content: bytes) -> None:
    try:
        produce.read_request(content)
    except (struct.error, UnicodeDecodeError):
        return
