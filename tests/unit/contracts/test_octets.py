"""What is said of many values at once is what each of them says."""

from __future__ import annotations

import pytest

from posttrade.contracts.octets import are_plain_identifiers, count_marks, find_zulu_dates

GOOD = "2026-11-20T14:30:00.123Z"


def test_dates_of_zulu_instants() -> None:
    assert find_zulu_dates((GOOD, GOOD)) == {"2026-11-20"}
    assert find_zulu_dates((GOOD, "2026-11-19T23:59:59.999Z")) == {"2026-11-20", "2026-11-19"}
    assert find_zulu_dates(("2026-11-20 14:30:00Z",)) == {"2026-11-20"}


def test_an_hour_is_judged_with_its_own_tens() -> None:
    assert find_zulu_dates(("2026-11-20T19:00:00Z", "2026-11-20T20:00:00Z")) == {"2026-11-20"}


@pytest.mark.parametrize(
    "odd",
    [
        "2026-11-20T24:00:00.000Z",
        "2026-11-20T29:00:00.000Z",
        "2026-11-20T14:60:00.000Z",
        "2026-11-20T14:30:60.000Z",
        "2026-11-20 14:30:00.123Z",
        "2026-11-2014:30:00.123ZZ",
        "2026-11-20T14:30:00.123z",
        "2026-11-20T14:30:00,123Z",
        "2026-11-20T14:30:00.1\n3Z",
        "2026-11-20T14:30:00.12Z",
        "２026-11-20T14:30:00.123Z",
        "",
    ],
)
def test_one_odd_instant_leaves_all_to_the_exact_rules(odd: str) -> None:
    for values in ((GOOD, odd, GOOD), (odd, GOOD)):
        assert find_zulu_dates(values) is None


def test_lengths_that_only_add_up_are_not_equal() -> None:
    assert find_zulu_dates((GOOD, GOOD[:-1], GOOD + "Z")) is None


def test_marks_of_all_payloads() -> None:
    assert count_marks([b'{"a":"\xc3\xa9"}', b"", b'""']) == 6


def test_identifiers_with_anything_else_are_not_plain() -> None:
    assert are_plain_identifiers(["T-1", "2"])
    for odd in ("", "-1", "a b", "a\n", "é"):
        assert not are_plain_identifiers(["T-1", odd])
