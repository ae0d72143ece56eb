"""Any sequence of trades, corrections, cancellations, fails and nets: every sum stays zero, and
once all has settled each account holds what it would hold had nothing been netted. The figures are
ours.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posttrade.database import connect
from posttrade.settlement import check_ledger

from .desk import NEXT_DAY, Desk
from .test_properties import DAY, Oracle, play

AGREEMENTS = """
    insert into reference.netting_agreements (
        agreement, method, netting_centre, counterparty_id, market_id, asset_class, effective_from,
        source
    ) values
    ('between us', 'BILATERAL', null, 'BRIAR', null, null, '2026-01-01', 'test'),
    ('centre', 'CENTRAL', 'CENTRE', 'CEDAR', 'US', 'EQUITY', '2026-01-01', 'test'),
    ('none', 'GROSS', null, 'DUNE', null, null, '2026-01-01', 'test')
"""
# on which every market of these trades settles
DAYS = [NEXT_DAY, *(dt.date(2026, 10, day) for day in (16, 19, 20, 21, 22, 23, 26, 27, 28))]
MARK = "insert into books.marks values (%s, 'AAPL', %s, %s, 'last_execution')"
HOLD = """
    insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)
    select instruction_id, settlement_date, 'said_a_person', 1
    from settlement.instruction_states
    where purpose in ('NET', 'MARK') and state not in ('SETTLED', 'CANCELLED')
        and instruction_id %% 3 = %s
    on conflict do nothing
"""
RELEASE = """
    update settlement.holds set released_act_id = 1000000
    where cause = 'said_a_person' and released_act_id is null
"""
terms = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["BUY", "SELL"]),
        "quantity": st.decimals("0.01", 500, places=2).filter(bool),
        "price": st.decimals("-2", 30, places=4),
        "settlement_date": st.sampled_from([NEXT_DAY, NEXT_DAY + DAY]),
        "matched": st.sampled_from([True, True, True, False]),
        "counterparty_id": st.sampled_from(["ALDER", "BRIAR", "CEDAR", "DUNE"]),
        "account": st.sampled_from(["EQ-PRIME", "EQ-OTHER"]),
    }
)
instruments = st.sampled_from(
    [
        {"symbol": "AAPL", "currency": "USD"},
        {"symbol": "AAPL", "currency": "JPY"},
        {"symbol": "USDJPY", "currency": "JPY", "asset_class": "FX"},
    ]
)
acts = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "book",
                "book",
                "book",
                "book",
                "cancel",
                "match",
                "unmatch",
                "follow",
                "cycle",
                "cycle",
                "fail",
                "release",
            ]
        ),
        st.sampled_from(["T1", "T2", "T3", "T4", "T5"]),
        st.builds(lambda some, more: {**some, **more}, terms, instruments),
        st.decimals("1", 30, places=3),
    ),
    min_size=4,
    max_size=24,
)


def run_cycle(desk: Desk, oracle: Oracle, day: dt.date, mark: Decimal, holds: int | None) -> None:
    """A day's run; some of what is open may be held between netting and settlement."""
    for currency in ("USD", "JPY"):
        desk.connection.execute(MARK, (day, currency, mark))
    desk.net(day)
    if holds is not None:
        desk.connection.execute(HOLD, (holds,))  # type: ignore[arg-type]
    desk.settle(day)
    oracle.settle(day)
    before = desk.rows("select count(*) from settlement.instruction_events")
    assert desk.net(day) == (0, 0)
    assert desk.settle(day)[1] == 0
    assert desk.rows("select count(*) from settlement.instruction_events") == before
    assert desk.rows("select * from settlement.unequal_nets") == []
    assert desk.rows("select * from settlement.netting_savings where saved_count < 0") == []
    check_ledger(desk.dsn, day, run_id="test", connection=desk.connection)


@settings(max_examples=25, deadline=None)
@given(acts=acts)
def test_what_is_netted_comes_to_what_is_gross(settlement_dsn: str, acts: list[Any]) -> None:
    with connect(settlement_dsn) as connection:
        connection.execute(AGREEMENTS)
        desk, oracle, holds = Desk(connection, settlement_dsn), Oracle(), None
        *days, last_day = DAYS
        for number, (act, trade_id, version, mark) in enumerate(acts):
            play(desk, oracle, act, trade_id, version)
            if act == "fail":
                holds = number % 3
            elif act == "release":
                holds = None
                connection.execute(RELEASE)
            elif act == "cycle" and days:
                run_cycle(desk, oracle, days.pop(0), mark, holds)
            assert desk.rows(
                "select asset from settlement.ledger_entries group by asset having sum(amount) <> 0"
            ) == []  # fmt: skip
        connection.execute(RELEASE)
        desk.close()
        oracle.follow()
        run_cycle(desk, oracle, last_day, Decimal(20), None)
        assert desk.balances() == oracle.balances()
        assert not desk.rows(
            "select trade_id, state from settlement.trade_states"
            " where outcome = 'matched' and state <> 'SETTLED'"
        )
        connection.rollback()
