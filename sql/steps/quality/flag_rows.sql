-- Purpose: write the names of broken warning rules into the rows that stay.
-- Reads: staging.executions, staging.confirmations
-- Writes: staging.executions, staging.confirmations, staging.pnl_snapshots (flags)
-- Rerun: a flag stands once
-- Parameters: batch_id, findings (array of topic, partition, message_offset, rules)
with findings as (
    select found.*
    from jsonb_to_recordset(%(findings)s::jsonb) as found (
        topic text, partition integer, message_offset bigint, rules text []
    )
),
flagged_executions as (
    update staging.executions as staged
    set flags = quality.add_flags(staged.flags, findings.rules)
    from findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning 1
),
flagged_confirmations as (
    update staging.confirmations as staged
    set flags = quality.add_flags(staged.flags, findings.rules)
    from findings
    where
        staged.batch_id = %(batch_id)s
        and staged.topic = findings.topic
        and staged.partition = findings.partition
        and staged.message_offset = findings.message_offset
    returning 1
),
flagged_pnl_snapshots as (
    update staging.pnl_snapshots as staged
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
    (select count(*) from flagged_executions)
    + (select count(*) from flagged_confirmations)
    + (select count(*) from flagged_pnl_snapshots) as rows_out;
