-- Every staged row of a batch becomes a reject of the person who refused it.
with refused as (
    delete from staging.executions
    where batch_id = %(batch_id)s
    returning
        feed, topic, partition, message_offset, business_date, true as is_date_stated, trade_id
),
refused_confirmations as (
    delete from staging.confirmations
    where batch_id = %(batch_id)s
    returning feed, topic, partition, message_offset, business_date, is_date_stated, trade_id
),
refused_pnl_snapshots as (
    delete from staging.pnl_snapshots
    where batch_id = %(batch_id)s
    returning feed, topic, partition, message_offset, business_date, is_date_stated, trade_id
),
all_refused as (
    select * from refused
    union all
    select * from refused_confirmations
    union all
    select * from refused_pnl_snapshots
)
insert into landing.rejects (
    feed, topic, partition, message_offset, batch_id, business_date, is_date_stated, stage,
    reason, detail, trade_id, payload
)
select
    r.feed,
    r.topic,
    r.partition,
    r.message_offset,
    %(batch_id)s,
    r.business_date,
    r.is_date_stated,
    'person',
    'batch_refused',
    %(detail)s,
    r.trade_id,
    m.payload
from all_refused as r
left join landing.messages as m
    on m.topic = r.topic
    and m.partition = r.partition
    and m.message_offset = r.message_offset
