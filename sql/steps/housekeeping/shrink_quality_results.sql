-- purpose: of old results keep what reports read: the newest of each suite and batch or date, with
--          its broken rules; the details of an evaluation and results that were replaced go.
-- reads: reference.retention_policies, quality.results
-- writes: quality.results
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.shrunk_results;

create temporary table shrunk_results on commit drop as
with old_results as (
    select
        r.result_id,
        r.result,
        row_number() over (
            partition by r.suite, r.batch_id, r.business_date
            order by r.result_id desc
        ) > 1 as is_replaced
    from quality.results as r
    join reference.retention_policies as p on p.subject = 'quality.results'
    where r.recorded_at < %(as_of)s::timestamptz - make_interval(days => p.keep_days)
),
replaced as (
    delete from quality.results
    where result_id in (select result_id from old_results where is_replaced)
    returning 1
),
shrunk as (
    update quality.results as r
    set result = jsonb_build_object('failed_rules', coalesce(r.result -> 'failed_rules', '[]'))
    from old_results as o
    where o.result_id = r.result_id
      and not o.is_replaced
      and r.result - 'failed_rules' <> '{}'
    returning 1
)
select
    (select count(*) from old_results) as n_old,
    (select count(*) from replaced) + (select count(*) from shrunk) as n;

select n_old as rows_in, n as rows_out
from shrunk_results;
