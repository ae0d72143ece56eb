-- purpose: delete steps of the run log longer ago than the policy keeps them.
-- reads: reference.retention_policies
-- writes: control.step_runs
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.deleted_step_runs;

create temporary table deleted_step_runs on commit drop as
with deleted as (
    delete from control.step_runs
    where started_at < (
        select %(as_of)s::timestamptz - make_interval(days => keep_days)
        from reference.retention_policies
        where subject = 'control.step_runs'
    )
    returning 1
)
select count(*) as n
from deleted;

select n as rows_in, n as rows_out
from deleted_step_runs;
