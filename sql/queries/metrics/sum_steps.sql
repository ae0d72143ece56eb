-- Steps run, by name and outcome, with the seconds they took, in a range of the run log.
select
    step,
    outcome,
    count(*) as runs,
    coalesce(sum(extract(epoch from finished_at - started_at)), 0)::float8 as seconds
from control.step_runs
where step_run_id > %(after_id)s
  and step_run_id <= %(up_to_id)s
  and outcome <> 'RUNNING'
group by step, outcome
