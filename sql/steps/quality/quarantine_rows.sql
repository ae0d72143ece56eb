-- Purpose: take the rows that break a rule out of staging, and keep their messages as rejects.
-- Reads: staging.executions, staging.confirmations, staging.pnl_snapshots, landing.messages
-- Writes: staging.executions, staging.confirmations, staging.pnl_snapshots, landing.rejects
-- Rerun: a row that left is not found again; one reject per message
-- Parameters: batch_id, findings (array of topic, partition, message_offset, reason, detail)
with findings as (
    select found.*
    from jsonb_to_recordset(%(findings)s::jsonb) as found (
        topic text, partition integer, message_offset bigint, reason text, detail text
    )
),
left_executions as (
    delete from staging.executions as staged
    using findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning staged.feed, staged.business_date, true as is_date_stated, staged.trade_id, findings.*
),
left_confirmations as (
    delete from staging.confirmations as staged
    using findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning
        staged.feed, staged.business_date, staged.is_date_stated, staged.trade_id, findings.*
),
left_pnl_snapshots as (
    delete from staging.pnl_snapshots as staged
    using findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning
        staged.feed, staged.business_date, staged.is_date_stated, staged.trade_id, findings.*
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
        feed, topic, partition, message_offset, batch_id, business_date, is_date_stated, stage,
        reason, detail, trade_id, payload
    )
    select
        quarantined.feed,
        quarantined.topic,
        quarantined.partition,
        quarantined.message_offset,
        %(batch_id)s,
        quarantined.business_date,
        quarantined.is_date_stated,
        'quality',
        quarantined.reason,
        quarantined.detail,
        quarantined.trade_id,
        messages.payload
    from quarantined
    left join landing.messages as messages using (topic, partition, message_offset)
    on conflict on constraint rejects_message_key do nothing
    returning 1
)
select
    (select count(*) from findings) as rows_in,
    (select count(*) from rejected) as rows_out;
