-- Purpose: take the accepted records that break a rule of the close out of their date.
-- Reads: trade.executions, trade.confirmations, trade.pnl_snapshots, landing.message_blocks
-- Writes: trade.executions, trade.confirmations, trade.pnl_snapshots, trade.unplaced_records,
--   trade.displaced_records, books.stale_dates, landing.rejects
-- Rerun: a record that left is not found again; one reject per message
-- Parameters: business_date, findings (array of topic, partition, message_offset, reason, detail)
set local posttrade.records_leave to on;
with findings as (
    select found.*
    from jsonb_to_recordset(%(findings)s::jsonb) as found (
        topic text, partition integer, message_offset bigint, reason text, detail text
    )
),
left_executions as (
    delete from trade.executions as records
    using findings
    where records.business_date = %(business_date)s
        and (records.topic, records.partition, records.message_offset)
        = (findings.topic, findings.partition, findings.message_offset)
    returning records.feed, records.batch_id, records.trade_id, findings.*
),
left_confirmations as (
    delete from trade.confirmations as records
    using findings
    where records.business_date = %(business_date)s
        and (records.topic, records.partition, records.message_offset)
        = (findings.topic, findings.partition, findings.message_offset)
    returning records.topic as feed, records.batch_id, records.trade_id, findings.*
),
left_pnl_snapshots as (
    delete from trade.pnl_snapshots as records
    using findings
    where records.business_date = %(business_date)s
        and (records.topic, records.partition, records.message_offset)
        = (findings.topic, findings.partition, findings.message_offset)
    returning records.topic as feed, records.batch_id, records.trade_id, findings.*
),
forgotten as (
    delete from trade.unplaced_records as unplaced
    using findings
    where (unplaced.topic, unplaced.partition, unplaced.message_offset)
        = (findings.topic, findings.partition, findings.message_offset)
),
forgotten_moves as (
    delete from trade.displaced_records as displaced
    using findings
    where (displaced.topic, displaced.partition, displaced.message_offset)
        = (findings.topic, findings.partition, findings.message_offset)
),
stale as (
    insert into books.stale_dates (business_date)
    select distinct %(business_date)s::date from left_executions
    on conflict (business_date) do nothing
),
quarantined as (
    select * from left_executions
    union all
    select * from left_confirmations
    union all
    select * from left_pnl_snapshots
),
rejected as (
    insert into landing.rejects (
        feed, topic, partition, message_offset, batch_id, business_date, stage, reason, detail,
        trade_id, payload
    )
    select
        quarantined.feed,
        quarantined.topic,
        quarantined.partition,
        quarantined.message_offset,
        quarantined.batch_id,
        %(business_date)s,
        'close',
        quarantined.reason,
        quarantined.detail,
        quarantined.trade_id,
        messages.payload
    from quarantined
    left join lateral landing.read_message(topic, partition, message_offset) as messages on true
    on conflict on constraint rejects_message_key do nothing
    returning 1
)
select
    (select count(*) from findings) as rows_in,
    (select count(*) from rejected) as rows_out;
