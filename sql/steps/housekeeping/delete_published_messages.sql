-- purpose: delete messages that were published longer ago than the policy keeps them.
-- reads: reference.retention_policies
-- writes: outbox.messages
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.deleted_published_messages;

create temporary table deleted_published_messages on commit drop as
with deleted as (
    delete from outbox.messages
    where published_at < (
        select %(as_of)s::timestamptz - make_interval(days => keep_days)
        from reference.retention_policies
        where subject = 'outbox.messages'
    )
    returning 1
)
select count(*) as n
from deleted;

select n as rows_in, n as rows_out
from deleted_published_messages;
