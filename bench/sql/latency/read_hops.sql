-- How long Airflow takes from the end of one task of the capture to the start of the next, within a
-- run and from run to run, in seconds.
with tasks as (
    select
        ti.start_date,
        lag(ti.end_date) over (order by ti.start_date) as previous_end
    from task_instance as ti
    where ti.dag_id = 'trade_capture'
      and ti.start_date is not null
)
select extract(epoch from start_date - previous_end)::float8 as seconds
from tasks
where start_date >= %(since)s
  and previous_end is not null
