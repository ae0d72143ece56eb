"""What the database refuses, whoever asks: each act with its constraint or its own SQLSTATE."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from posttrade.errors import SQLSTATES, InvariantBroken
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk

SETTLED = {
    "instruction_id": 0,
    "settlement_date": NEXT_DAY,
    "effective_on": NEXT_DAY,
    "act_id": 1,
    "sequence": 1,
    "kind": "SETTLEMENT",
    "from_state": "INSTRUCTED",
    "to_state": "SETTLED",
    "symbol": "AAPL",
    "quantity": 100,
    "deliverer_id": None,
    "receiver_id": None,
    "currency": "USD",
    "amount": 19050,
    "payer_id": None,
    "payee_id": None,
}
STATUS = {
    **dict.fromkeys(("symbol", "quantity", "currency", "amount")),
    **dict.fromkeys(("deliverer_id", "receiver_id", "payer_id", "payee_id")),
    "kind": "STATUS",
}
NO_CASH = dict.fromkeys(("currency", "amount", "payer_id", "payee_id"))


@pytest.fixture
def instructed(desk: Desk) -> Desk:
    desk.book("T1")
    desk.follow()
    desk.connection.execute("select settlement.ensure_partitions(%s)", (NEXT_DAY,))
    return desk


def write(desk: Desk, table: str = "settlement.events", **terms: Any) -> None:
    """An event of the only instruction, right but for the terms given."""
    ((instruction_id, house, party),) = desk.rows(
        "select instruction_id, house_account_id, counterparty_account_id"
        " from settlement.instructions"
    )
    sides = {"deliverer_id": party, "receiver_id": house, "payer_id": house, "payee_id": party}
    row = {**SETTLED, **sides, "instruction_id": instruction_id, **terms}
    desk.connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )


def test_the_row_that_the_others_differ_from_is_taken(instructed: Desk) -> None:
    write(instructed)
    assert instructed.states() == {"T1": "SETTLED"}


@pytest.mark.parametrize(
    ("constraint", "terms"),
    [
        ("events_transition_allowed", {**STATUS, "to_state": "SETTLED"}),
        ("events_transition_allowed", {"to_state": "CANCELLED"}),
        ("events_transition_allowed", {"from_state": "CANCELLED", "sequence": 2}),
        ("events_transition_allowed", {"from_state": "SETTLED", "sequence": 2}),
        ("events_begin_at_instructed", {**STATUS, "from_state": "PENDING", "to_state": "MATCHED"}),
        ("events_begin_at_instructed", {"sequence": 0}),
        ("events_securities_leg_whole", {"receiver_id": None}),
        ("events_securities_leg_whole", {"quantity": None}),
        ("events_securities_leg_whole", {"quantity": -100}),
        ("events_securities_leg_whole", {"symbol": None}),
        ("events_securities_leg_whole", {"delivered_currency": "EUR"}),
        ("events_securities_leg_whole", {"deliverer_id": 7, "receiver_id": 7}),
        ("events_cash_leg_whole", {"amount": 0}),
        ("events_cash_leg_whole", {"payee_id": None}),
        ("events_cash_leg_whole", {"currency": None}),
        ("events_movement_fits_kind", {"kind": "STATUS", "to_state": "MATCHED"}),
        ("events_movement_fits_kind", {**STATUS, "kind": "SETTLEMENT", "to_state": "SETTLED"}),
        ("events_reversal_points_back", {"reverses_sequence": 1}),
        ("events_net_named", {"net_instruction_id": 5}),
        ("events_kind_known", {**STATUS, "kind": "WISH", "to_state": "MATCHED"}),
    ],
)
def test_a_row_that_cannot_be_is_refused(
    instructed: Desk, constraint: str, terms: dict[str, Any]
) -> None:
    with pytest.raises(errors.CheckViolation) as refused:
        write(instructed, **terms)
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    ("sqlstate", "terms"),
    [
        ("PT010", {**STATUS, "sequence": 2, "from_state": "PENDING", "to_state": "MATCHED"}),
        ("PT011", {"instruction_id": 10**12}),
        ("PT011", {"symbol": "MSFT"}),
        ("PT011", {"currency": "EUR"}),
        ("PT011", {"quantity": 99}),
        ("PT011", {"amount": 19049}),
        ("PT011", {"to_state": "PARTIALLY_SETTLED", "quantity": 101}),
        # a part that is not paid for
        ("PT011", {"to_state": "PARTIALLY_SETTLED", "quantity": 60, **NO_CASH}),
        # delivery without payment
        ("PT011", NO_CASH),
    ],
)
@pytest.mark.parametrize("table", ["settlement.events", "settlement.events_20261015"])
def test_a_row_that_fits_no_instruction_is_refused(
    instructed: Desk, sqlstate: str, terms: dict[str, Any], table: str
) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        write(instructed, table, **terms)
    assert refused.value.sqlstate == sqlstate
    assert sqlstate in SQLSTATES


def test_the_sides_are_the_instructions(instructed: Desk) -> None:
    ((house, party),) = instructed.rows(
        "select house_account_id, counterparty_account_id from settlement.instructions"
    )
    for sides in (
        {"deliverer_id": house, "receiver_id": party},
        {"payer_id": party, "payee_id": house},
    ):
        with (
            pytest.raises(psycopg.DatabaseError) as refused,
            instructed.connection.transaction(),
        ):
            write(instructed, **sides)
        assert refused.value.sqlstate == "PT011"


def test_an_instruction_settles_once(instructed: Desk) -> None:
    write(instructed)
    with pytest.raises(errors.UniqueViolation):
        write(instructed)


def test_events_follow_without_gaps(instructed: Desk) -> None:
    write(instructed, **STATUS, to_state="PENDING")
    for terms in (
        {"sequence": 3, "from_state": "PENDING"},
        {"sequence": 2, "from_state": "MATCHED"},
    ):
        with (
            pytest.raises(psycopg.DatabaseError) as refused,
            instructed.connection.transaction(),
        ):
            write(instructed, **terms)
        assert refused.value.sqlstate == "PT010"
    write(instructed, sequence=2, from_state="PENDING")


def test_parts_add_up_to_the_whole(instructed: Desk) -> None:
    write(instructed, quantity=40, amount=7620, to_state="PARTIALLY_SETTLED")
    for terms in (
        {"quantity": 59, "amount": 11239.5, "to_state": "SETTLED"},
        {"quantity": 60, "amount": 11430, "to_state": "PARTIALLY_SETTLED"},
        {"quantity": 61, "amount": 11620.5, "to_state": "PARTIALLY_SETTLED"},
    ):
        with (
            pytest.raises(psycopg.DatabaseError) as refused,
            instructed.connection.transaction(),
        ):
            write(instructed, sequence=2, from_state="PARTIALLY_SETTLED", **terms)
        assert refused.value.sqlstate == "PT013"
    write(instructed, sequence=2, from_state="PARTIALLY_SETTLED", quantity=60, amount=11430)


def test_a_reversal_is_the_mirror_of_its_original_and_comes_once(instructed: Desk) -> None:
    write(instructed)
    ((house, party),) = instructed.rows(
        "select house_account_id, counterparty_account_id from settlement.instructions"
    )
    mirror = {
        "kind": "REVERSAL",
        "sequence": 2,
        "reverses_sequence": 1,
        "from_state": "SETTLED",
        "to_state": "CANCELLED",
        "deliverer_id": house,
        "receiver_id": party,
        "payer_id": party,
        "payee_id": house,
    }
    for wrong in (
        {"amount": 19049},
        {"quantity": 99},
        {"deliverer_id": party, "receiver_id": house},
    ):
        with (
            pytest.raises(psycopg.DatabaseError) as refused,
            instructed.connection.transaction(),
        ):
            write(instructed, **{**mirror, **wrong})
        assert refused.value.sqlstate == "PT012"
    write(instructed, **mirror)
    with pytest.raises(errors.UniqueViolation) as refused:
        write(instructed, **{**mirror, "sequence": 3, "from_state": "CANCELLED"})
    assert "reverses_sequence" in str(refused.value)


@pytest.mark.parametrize(
    "statement",
    [
        "update settlement.instructions set amount = 1",
        "delete from settlement.instructions",
        "update settlement.events set amount = 1",
        "delete from settlement.events",
        "truncate settlement.events",
        "truncate settlement.instructions",
        "truncate settlement.events_20261015",
        "delete from settlement.events_20261015",
        "delete from settlement.acts",
        "update settlement.accounts set account_name = 'MINE'",
        "delete from reference.calendar_overrides",
    ],
)
def test_nothing_is_changed_afterwards(instructed: Desk, statement: str) -> None:
    write(instructed)
    instructed.connection.execute(
        "select reference.override_day('XNYS', '2026-10-14', false, 'storm', 'desk')"
    )
    with pytest.raises(psycopg.DatabaseError) as refused:
        instructed.connection.execute(statement)  # type: ignore[arg-type]
    assert refused.value.sqlstate == "PT001"


def test_what_was_laid_as_a_whole_is_judged_too(desk: Desk) -> None:
    """A partition that is attached sees no trigger: check_ledger looks at all its rows."""
    desk.book("T1")
    desk.follow()
    desk.settle()
    assert desk.rows("select * from settlement.unlike_first_events") == []
    desk.connection.execute(
        "alter table settlement.events_20261015 disable trigger user;"
        "update settlement.events_20261015 set amount = 1;"
    )
    with pytest.raises(InvariantBroken, match=r"do not move what was instructed: \d+\.1 of 2026"):
        check_ledger(desk.dsn, NEXT_DAY, run_id="test", connection=desk.connection)


def test_one_version_is_instructed_once(instructed: Desk) -> None:
    with pytest.raises(errors.UniqueViolation):
        instructed.connection.execute(
            "insert into settlement.instructions select (i).* from ("
            " select i from settlement.instructions as i) as copied"
        )
