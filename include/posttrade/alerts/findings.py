"""Things other than breaks that people must hear of, noted where they are noticed."""

from __future__ import annotations

import datetime as dt

from posttrade.database import connect
from posttrade.statements import read_statement

SUMMARY_LENGTH_MAX = 600


def resolve_findings(dsn: str, *, kind: str, key_prefix: str, resolution: str) -> int:
    """Note that what was found is over; the watch tells those who were told of it.

    Args:
        dsn: the trade database.
        kind: a kind of ``reference.alert_policies``.
        key_prefix: what the keys of the findings begin with.
        resolution: what ended it, in a few words.

    Returns:
        How many findings that were open.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        return connection.execute(
            read_statement("alerts/resolve_finding"),
            {"kind": kind, "key_prefix": key_prefix, "resolution": resolution},
        ).rowcount


def record_finding(
    dsn: str,
    *,
    kind: str,
    finding_key: str,
    summary: str,
    next_step: str,
    business_date: dt.date | None = None,
) -> None:
    """Note a finding; the watch makes an alert of it.

    Args:
        dsn: the trade database.
        kind: a kind of ``reference.alert_policies``.
        finding_key: names the finding for ever; noted again, it is not alerted again.
        summary: one sentence: what was found.
        next_step: what a person can do.
        business_date: the date that it concerns, if any.

    Raises:
        Unavailable: the database does not answer.
    """
    with connect(dsn) as connection:
        connection.execute(
            read_statement("alerts/record_finding"),
            {
                "kind": kind,
                "finding_key": finding_key,
                "business_date": business_date,
                "summary": summary.replace("\0", "")[:SUMMARY_LENGTH_MAX],
                "next_step": next_step,
            },
        )
