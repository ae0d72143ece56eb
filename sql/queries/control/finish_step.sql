-- A step has ended, well or not.
update control.step_runs
set outcome = %(outcome)s,
    rows_in = %(rows_in)s,
    rows_out = %(rows_out)s,
    detail = %(detail)s,
    finished_at = clock_timestamp()
where step_run_id = %(step_run_id)s
