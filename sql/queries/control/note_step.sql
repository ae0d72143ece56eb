-- A step that is over.
insert into control.step_runs (
    step, run_id, started_at, finished_at, outcome, rows_in, rows_out, detail
)
values (
    %(step)s, %(run_id)s, %(started_at)s, clock_timestamp(), %(outcome)s, %(rows_in)s, %(rows_out)s,
    %(detail)s
)
