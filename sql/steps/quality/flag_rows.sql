-- Purpose: write the names of broken warning rules into the rows that stay.
-- Reads: staging.records
-- Writes: staging.records (flags, in each kind)
-- Rerun: a flag stands once
-- Parameters: batch_id, findings (array of topic, partition, message_offset, rules)
with findings as (
    select found.*
    from jsonb_to_recordset(%(findings)s::jsonb) as found (
        topic text, partition integer, message_offset bigint, rules text []
    )
),
flagged as (
    update staging.records as staged
    set flags = quality.add_flags(staged.flags, findings.rules)
    from findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning 1
)
select
    (select count(*) from findings) as rows_in,
    (select count(*) from flagged) as rows_out;
