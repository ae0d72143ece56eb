-- Purpose: take the rows that break a rule out of staging, and keep their messages as rejects.
-- Reads: staging.subjects, landing.message_blocks
-- Writes: staging.records (each kind), landing.rejects
-- Rerun: a row that left is not found again; one reject per message
-- Parameters: batch_id, findings (array of topic, partition, message_offset, reason, detail)
with findings as (
    select found.*
    from jsonb_to_recordset(%(findings)s::jsonb) as found (
        topic text, partition integer, message_offset bigint, reason text, detail text
    )
),
subjects as (
    select topic, partition, message_offset, subject_id
    from staging.subjects
    where batch_id = %(batch_id)s
),
quarantined as (
    delete from staging.records as staged
    using findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning
        staged.feed, staged.business_date, staged.is_date_stated, staged.trade_id, findings.*
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
        coalesce(quarantined.trade_id, subjects.subject_id),
        messages.payload
    from quarantined
    left join subjects using (topic, partition, message_offset)
    left join lateral landing.read_message(topic, partition, message_offset) as messages on true
    on conflict on constraint rejects_message_key do nothing
    returning 1
)
select
    (select count(*) from findings) as rows_in,
    (select count(*) from rejected) as rows_out;
