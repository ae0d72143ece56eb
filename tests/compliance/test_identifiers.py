"""Check digits, held against public examples and against another way of reckoning them."""

from __future__ import annotations

import string
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

ALPHABET = string.digits + string.ascii_uppercase
CONSONANTS = "".join(c for c in string.ascii_uppercase if c not in "AEIOU")
CUSIP_VALUES = ALPHABET + "*@#"
SEDOL_WEIGHTS = (1, 3, 1, 7, 3, 9)
FOREIGN_PREFIXES = {"BS", "BM", "GG", "GB", "GH", "KY", "VG"}
PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def is_valid(connection: psycopg.Connection[Any], scheme: str, text: str | None) -> bool | None:
    statement = sql.SQL("select {}(%s)").format(sql.Identifier("compliance", f"is_{scheme}"))
    row = connection.execute(statement, (text,)).fetchone()
    assert row is not None
    found: bool | None = row[0]
    return found


def add_digits(number: int) -> int:
    return number // 10 + number % 10


def check_isin(body: str) -> str:
    digits = "".join(str(int(c, 36)) for c in body)
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits))]
    return str(-sum(map(add_digits, doubled)) % 10)


def check_cusip(body: str) -> str:
    values = [CUSIP_VALUES.index(c) * (1 + place % 2) for place, c in enumerate(body)]
    return str(-sum(map(add_digits, values)) % 10)


def check_sedol(body: str) -> str:
    values = [w * int(c, 36) for w, c in zip(SEDOL_WEIGHTS, body, strict=True)]
    return str(-sum(values) % 10)


def check_lei(body: str) -> str:
    return f"{98 - int(''.join(str(int(c, 36)) for c in body + '00')) % 97:02d}"


CHECKS = {
    "isin": check_isin,
    "cusip": check_cusip,
    "sedol": check_sedol,
    "figi": check_cusip,
    "lei": check_lei,
}
BODIES = {
    "isin": st.tuples(
        st.text(string.ascii_uppercase, min_size=2, max_size=2),
        st.text(ALPHABET, min_size=9, max_size=9),
    ).map("".join),
    "cusip": st.text(CUSIP_VALUES, min_size=8, max_size=8),
    "sedol": st.text(string.digits + CONSONANTS, min_size=6, max_size=6),
    "figi": st.tuples(
        st.text(CONSONANTS, min_size=2, max_size=2).filter(lambda t: t not in FOREIGN_PREFIXES),
        st.just("G"),
        st.text(string.digits + CONSONANTS, min_size=8, max_size=8),
    ).map("".join),
    "lei": st.text(ALPHABET, min_size=18, max_size=18),
}


@pytest.mark.parametrize("scheme", CHECKS)
@PROPERTY
@given(data=st.data())
def test_only_the_right_check_digit_passes(
    connection: psycopg.Connection[Any], scheme: str, data: st.DataObject
) -> None:
    body = data.draw(BODIES[scheme])
    right = CHECKS[scheme](body)
    wrong = data.draw(st.integers(0, 10 ** len(right) - 1).map(lambda n: f"{n:0{len(right)}d}"))
    assert is_valid(connection, scheme, body + right) is True
    # by MOD 97-10 two numbers 97 apart are alike, and only these
    alike = scheme == "lei" and int(wrong) % 97 == int(right) % 97
    assert is_valid(connection, scheme, body + wrong) is (wrong == right or alike)


@pytest.mark.parametrize("scheme", CHECKS)
@PROPERTY
@given(data=st.data())
def test_one_wrong_digit_is_found(
    connection: psycopg.Connection[Any], scheme: str, data: st.DataObject
) -> None:
    """What check digits are for: another digit in any one place is refused."""
    body = data.draw(BODIES[scheme])
    identifier = body + CHECKS[scheme](body)
    places = [place for place, c in enumerate(identifier) if c.isdigit()]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([d for d in string.digits if d != identifier[place]]))
    changed = identifier[:place] + other + identifier[place + 1 :]
    assert is_valid(connection, scheme, changed) is False


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        # ISO 6166 as its numbering agencies explain it: Apple, TCV of Victoria, BAE Systems
        ("isin", "US0378331005"),
        ("isin", "AU0000XVGZA3"),
        ("isin", "GB0002634946"),
        # CUSIP Global Services: Apple, Cisco, Google
        ("cusip", "037833100"),
        ("cusip", "17275R102"),
        ("cusip", "38259P508"),
        # SEDOL masterfile's explanation: BAE Systems, from before 2004, and one with letters
        ("sedol", "0263494"),
        ("sedol", "B0WNLY7"),
        # OMG and Bloomberg, FIGI check-digit calculation: IBM in New York
        ("figi", "BBG000BLNQ16"),
        # ISO 17442, of GLEIF's public records: Bloomberg Finance
        ("lei", "5493001KJTIIGC8Y1R12"),
        # ISO 10383 and ISO 9362: form alone
        ("mic", "XNAS"),
        ("bic", "DEUTDEFF"),
        ("bic", "DEUTDEFF500"),
    ],
)
def test_public_examples_pass(connection: psycopg.Connection[Any], scheme: str, text: str) -> None:
    assert is_valid(connection, scheme, text) is True


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("isin", "US0378331004"),
        ("isin", "us0378331005"),
        ("isin", "US037833100"),
        ("isin", " US0378331005"),
        ("isin", "US0378331005\n"),
        ("cusip", "037833101"),
        ("cusip", "03783310"),
        ("sedol", "0263495"),
        ("sedol", "A263494"),
        ("figi", "BBG000BLNQ15"),
        ("figi", "GBG000BLNQ16"),
        ("lei", "5493001KJTIIGC8Y1R13"),
        ("mic", "NASDAQ"),
        ("mic", "xnas"),
        ("bic", "DEUTDEF"),
        ("bic", "DEUT1EFF"),
        ("bic", ""),
    ],
)
def test_others_are_refused(connection: psycopg.Connection[Any], scheme: str, text: str) -> None:
    assert is_valid(connection, scheme, text) is False


@pytest.mark.parametrize("scheme", [*CHECKS, "mic", "bic"])
def test_none_is_neither(connection: psycopg.Connection[Any], scheme: str) -> None:
    assert is_valid(connection, scheme, None) is None


def test_every_stated_identifier_of_ours_passes(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(
        "select lower(scheme), identifier from reference.instrument_identifiers"
        " union all select 'isin', isin from reference.instruments where isin is not null"
        " union all select 'lei', lei from reference.counterparties where lei is not null"
        " union all select 'bic', agent_bic from reference.standing_instructions"
    ).fetchall()
    assert {scheme for scheme, _ in rows} == {"isin", "lei", "bic", "cusip", "sedol", "figi"}
    assert [row for row in rows if not is_valid(connection, *row)] == []
