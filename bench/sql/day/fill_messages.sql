-- what the drain keeps beside the records: each message's bytes, by its place
insert into landing.messages (
    topic, partition, message_offset, batch_id, message_at, message_key, headers, payload,
    received_on
)
select
    records.topic,
    records.partition,
    records.message_offset,
    records.batch_id,
    records.recorded_at,
    convert_to(records.trade_id, 'UTF8'),
    null,
    convert_to(records.content || rpad('"', 120, ' ') || '"}', 'UTF8'),
    (now() at time zone 'UTC')::date
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
