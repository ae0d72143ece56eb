-- purpose: delete messages that were published longer ago than the policy keeps them.
-- reads: reference.retention_policies
-- writes: outbox.messages, outbox.announcements
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.deleted_published_messages;

create temporary table deleted_published_messages on commit drop as
with bound as (
    select %(as_of)s::timestamptz - make_interval(days => keep_days) as published_before
    from reference.retention_policies
    where subject = 'outbox.messages'
),
deleted as (
    delete from outbox.messages
    where published_at < (select published_before from bound)
    returning 1 as message_count
),
forgotten as (
    delete from outbox.announcements
    where published_at < (select published_before from bound)
    returning message_count
)
select coalesce(sum(message_count), 0) as n
from (
    select message_count from deleted
    union all
    select message_count from forgotten
) as gone;

select n as rows_in, n as rows_out
from deleted_published_messages;
