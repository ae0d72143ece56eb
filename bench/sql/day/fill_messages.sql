-- what the drain keeps beside the records: each message's bytes, by its place
insert into landing.message_blocks (
    topic, partition, first_offset, last_offset, batch_id, received_on, message_count,
    message_offsets, message_ats, message_keys, headers, payloads
)
select
    records.topic,
    records.partition,
    min(records.message_offset),
    max(records.message_offset),
    records.batch_id,
    (now() at time zone 'UTC')::date,
    count(*),
    array_agg(records.message_offset order by records.message_offset),
    array_agg(records.recorded_at order by records.message_offset),
    array_agg(convert_to(records.trade_id, 'UTF8') order by records.message_offset),
    '{null}',
    array_agg(
        convert_to(records.content || rpad('"', 120, ' ') || '"}', 'UTF8')
        order by records.message_offset
    )
from (
    select
        topic,
        partition,
        message_offset,
        batch_id,
        recorded_at,
        trade_id,
        concat(
            '{"trade_id":"', trade_id, '","symbol":"', symbol, '","side":"', side, '","quantity":',
            quantity, ',"price":', price, ',"executed_at":"', executed_at, '","note":'
        ) as content
    from trade.executions
    where business_date = %(business_date)s
    union all
    select
        topic,
        partition,
        message_offset,
        batch_id,
        recorded_at,
        trade_id,
        concat(
            '{"trade_id":"', trade_id, '","quantity":', quantity, ',"price":', price,
            ',"confirmed_at":"', confirmed_at, '","note":'
        )
    from trade.confirmations
    where business_date = %(business_date)s
    union all
    select
        topic,
        partition,
        message_offset,
        batch_id,
        recorded_at,
        trade_id,
        concat(
            '{"trade_id":"', trade_id, '","pnl_impact":', pnl_impact, ',"commission":', commission,
            ',"note":'
        )
    from trade.pnl_snapshots
    where business_date = %(business_date)s
) as records
group by records.topic, records.partition, records.batch_id, records.message_offset / 24
