-- purpose: note of stopped batches, stopped feeds and failed tasks that an alert told of that they
--          are over: the batch or feed went on or was refused, the task went through.
-- reads: landing.batches, landing.topics, control.step_runs, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once: a finding is resolved once
-- parameters: as_of

with lasting as (
    select
        finding_id,
        kind,
        finding_key,
        business_date,
        found_at
    from control.alert_findings
    where resolved_at is null
      and alert_id is not null
      and found_at > %(as_of)s::timestamptz - interval '30 days'
      and kind in ('batch_stopped', 'feed_stopped', 'close_failed', 'task_failed')
),
-- a key is dag/run/task/try, and the run's name may hold a slash
tasks as (
    select
        finding_id,
        split_part(finding_key, '/', 1) as dag_id,
        split_part(finding_key, '/', -2) as task_id,
        business_date,
        found_at
    from lasting
    where kind in ('close_failed', 'task_failed')
),
ended as (
    select
        f.finding_id,
        format('batch %%s is %%s now', b.batch_id, b.status) as resolution
    from lasting as f
    join landing.batches as b on b.batch_id = split_part(f.finding_key, '/', 1)::bigint
    where f.kind = 'batch_stopped'
      and b.status <> 'STOPPED'
    union all
    select
        f.finding_id,
        format('feed %%s goes on', p.topic)
    from lasting as f
    join landing.topics as p on p.topic = split_part(f.finding_key, '/', 1)
    where f.kind = 'feed_stopped'
      and extract(epoch from p.stopped_at)::bigint::text
          is distinct from split_part(f.finding_key, '/', 2)
    union all
    select
        t.finding_id,
        format('%%s.%%s went through', t.dag_id, t.task_id)
    from tasks as t
    where exists (
        select
        from control.step_runs as s
        -- the task of the capture makes rounds, and it is their steps that are noted
        where s.step = t.dag_id || '/' || case t.dag_id
                when 'trade_capture' then 'drain_feeds'
                else t.task_id
            end
          and s.outcome = 'DONE'
          and s.started_at > t.found_at
          and s.business_date is not distinct from t.business_date
    )
)
update control.alert_findings as f
set resolved_at = %(as_of)s,
    resolution = ended.resolution
from ended
where f.finding_id = ended.finding_id;

select
    (select count(*) from control.alert_findings where resolved_at is null) as rows_in,
    (select count(*) from control.alert_findings where resolved_at = %(as_of)s) as rows_out;
