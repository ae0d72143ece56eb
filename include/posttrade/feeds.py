"""The feeds: each one topic with its contract, its record type and its expectation suite.

A new feed is its contract schemas (``include/contracts``), one entry here, its suite and, for a new
record type, its staging table and promote step. No Dag changes.
"""

from __future__ import annotations

import dataclasses

EXECUTION = "execution"
CONFIRMATION = "confirmation"
PNL_SNAPSHOT = "pnl_snapshot"
ORDER = "order"
ORDER_RESPONSE = "order_response"
MARK = "mark"
SETTLEMENT_STATUS = "settlement_status"
STATEMENT_LINE = "statement_line"


@dataclasses.dataclass(frozen=True)
class Feed:
    """One way in.

    Attributes:
        name: the feed, which is also its topic.
        record_type: what its messages become.
        contract_versions: versions that are accepted; each is a file
            ``include/contracts/<name>.v<version>.schema.json``. The last is the newest.
        staging_table: where typed rows wait for validation, in schema ``staging``.
        suite: name of the expectation suite that its batches must pass.
        is_judged_at_close: whether its whole date must pass ``<suite>_day``. Orders are settled by
            then, and statuses and statements are acted upon: that is not refused afterwards. A mark
            is overruled by a person.
    """

    name: str
    record_type: str
    contract_versions: tuple[int, ...]
    staging_table: str
    suite: str
    is_judged_at_close: bool = True


# in the order in which they are drained: an execution is there before what is compared with it
FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        Feed("trades", EXECUTION, (1, 2), "executions", "trades"),
        Feed("executions", EXECUTION, (1, 2), "executions", "executions"),
        Feed("broker_confirmations", CONFIRMATION, (1, 2), "confirmations", "broker_confirmations"),
        Feed("pnl_snapshot", PNL_SNAPSHOT, (1, 2), "pnl_snapshots", "pnl_snapshot"),
        Feed("Trade_Order", ORDER, (1,), "orders", "Trade_Order", False),
        Feed("Counter_party", ORDER_RESPONSE, (1,), "order_responses", "Counter_party", False),
        Feed("marks", MARK, (1,), "marks", "marks", False),
        Feed(
            "settlement_statuses",
            SETTLEMENT_STATUS,
            (1,),
            "settlement_statuses",
            "settlement_statuses",
            False,
        ),
        Feed(
            "custodian_positions",
            STATEMENT_LINE,
            (1,),
            "statement_lines",
            "custodian_positions",
            False,
        ),
        Feed("custodian_cash", STATEMENT_LINE, (1,), "statement_lines", "custodian_cash", False),
    )
}


def list_feeds(record_type: str) -> list[str]:
    """Names of the feeds whose messages become records of this type."""
    return [name for name, feed in FEEDS.items() if feed.record_type == record_type]
