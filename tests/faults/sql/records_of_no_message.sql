-- Records whose message is not stored.
with records as (
    select topic, partition, message_offset from trade.executions
    union all
    select topic, partition, message_offset from trade.confirmations
    union all
    select topic, partition, message_offset from trade.pnl_snapshots
    union all
    select topic, partition, message_offset from trade.conflicts
    union all
    select topic, partition, message_offset from trade.orders
    union all
    select topic, partition, message_offset from trade.order_responses
    union all
    select topic, partition, message_offset from trade.order_conflicts
    union all
    select topic, partition, message_offset from market.marks
    union all
    select topic, partition, message_offset from market.mark_conflicts
    union all
    select topic, partition, message_offset from settlement.statuses
    union all
    select topic, partition, message_offset from settlement.statement_lines
    union all
    select topic, partition, message_offset from settlement.record_conflicts
    union all
    select topic, partition, message_offset from landing.rejects
    union all
    select topic, partition, message_offset from landing.duplicates
)
select count(*) as record_count
from records as r
where not exists (
    select
    from landing.read_message(r.topic, r.partition, r.message_offset)
)
