-- In how many places a message ended: exactly one of them is right.
with places as (
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
),
counted as (
    select count(p.topic) as place_count
    from landing.messages as m
    left join places as p
        on m.topic = p.topic
            and m.partition = p.partition
            and m.message_offset = p.message_offset
    group by m.topic, m.partition, m.message_offset
)
select
    place_count,
    count(*) as message_count
from counted
group by place_count
