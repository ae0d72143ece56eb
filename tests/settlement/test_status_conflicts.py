"""What contradicts itself, or what went before, is a break until the depository says more."""

from __future__ import annotations

import datetime as dt

from .desk import NEXT_DAY, Desk
from .statuses import NOON, OPEN, breaks, instruct, listen, say


def test_what_may_not_follow_is_a_conflict(desk: Desk) -> None:
    reference = instruct(desk)
    desk.settle()  # at 20:00 on the day before, by the desk's clock
    say(desk, reference, "FAILING", 600, reason="LACK")
    assert listen(desk) == (1, 0)
    assert desk.states() == {"T1": "SETTLED"}
    assert breaks(desk) == [("status_conflict", "SETTLED", "FAILING LACK")]
    say(desk, reference, "SETTLED", 700)
    listen(desk)
    assert breaks(desk) == []


INSERT_CONFLICT = """
insert into settlement.record_conflicts (
    topic, partition, message_offset, feed, batch_id, business_date, subject_kind, subject_id,
    content, kept_terms, refused_terms, recorded_at
) values (
    'settlement_statuses', 0, %(offset)s, 'settlement_statuses', 1, %(date)s, 'INSTRUCTION',
    %(reference)s, jsonb_build_object('status', %(status)s::text, 'status_at', %(at)s::timestamptz),
    %(kept)s, %(refused)s, now()
)
"""


def contradict(desk: Desk, reference: str, status: str, minute: int, **terms: str) -> None:
    """The same status of the same instant in other terms, as the promotion leaves it."""
    desk.offset += 1
    at = NOON + dt.timedelta(minutes=minute)
    row = {"offset": desk.offset, "date": at.date(), "reference": reference, "status": status}
    desk.connection.execute(INSERT_CONFLICT, {**row, "at": at, **terms})
    desk.connection.execute(OPEN, (reference,))


def test_a_status_told_twice_ends_when_the_depository_says_more(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "SETT//PEND", 1)
    contradict(desk, reference, "SETT//PEND", 1, kept="reason_code=", refused="reason_code=LACK")
    listen(desk)
    listen(desk, NEXT_DAY)
    twice = [("status_told_twice", "reason_code=", "reason_code=LACK")]
    assert [row for row in breaks(desk) if row[0] == "status_told_twice"] == twice
    say(desk, reference, "MTCH//MACH", 2)
    for _ in range(2):
        listen(desk)
        assert [row for row in breaks(desk) if row[0] == "status_told_twice"] == []
    # and another contradiction is a break again
    contradict(desk, reference, "MTCH//MACH", 2, kept="reason_code=", refused="reason_code=X")
    listen(desk)
    assert ("status_told_twice", "reason_code=", "reason_code=X") in breaks(desk)


def test_what_settled_told_twice_ends_with_the_next_sum_only(desk: Desk) -> None:
    reference = instruct(desk)
    say(desk, reference, "sese.025", 1, quantity=60, amount=11430)
    contradict(
        desk, reference, "sese.025", 1, kept="settled_quantity=60", refused="settled_quantity=50"
    )
    say(desk, reference, "SETT//PEND", 2)
    listen(desk)
    assert "status_told_twice" in [row[0] for row in breaks(desk)]
    say(desk, reference, "sese.025", 3, quantity=100, amount=19050)
    listen(desk)
    assert "status_told_twice" not in [row[0] for row in breaks(desk)]
