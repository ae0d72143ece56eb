-- purpose: delete staged rows whose batch is finished since longer than the policy keeps them;
--          capture takes its own away, so these are left from something that went wrong.
-- reads: reference.retention_policies, landing.batches
-- writes: staging.records (each kind)
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.left_batches;

create temporary table left_batches on commit drop as
select b.batch_id
from landing.batches as b
join reference.retention_policies as p on p.subject = 'staging'
where b.status in ('RECONCILED', 'REJECTED')
  and coalesce(b.finished_at, b.drained_at)
      < %(as_of)s::timestamptz - make_interval(days => p.keep_days)
  and b.batch_id in (select batch_id from staging.records);

drop table if exists pg_temp.left_rows;

create temporary table left_rows on commit drop as
with deleted as (
    delete from staging.records where batch_id in (select batch_id from left_batches)
    returning 1
)
select count(*) as n
from deleted;

select (select count(*) from left_batches) as rows_in, n as rows_out
from left_rows;
