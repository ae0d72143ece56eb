-- A step begins.
insert into control.step_runs (step, business_date, run_id, started_at)
values (%(step)s, %(business_date)s, %(run_id)s, clock_timestamp())
returning step_run_id
