-- How long steps took that began in the last five minutes.
select
    step,
    percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at))
        as p50,
    percentile_cont(0.95) within group (order by extract(epoch from finished_at - started_at))
        as p95
from control.step_runs
where started_at > now() - interval '5 minutes'
  and finished_at is not null
group by step
