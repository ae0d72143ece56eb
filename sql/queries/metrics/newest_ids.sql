-- How far the numbered rows go; what is summed once and for all stays well below.
select
    (select coalesce(max(batch_id), 0) from landing.batches) as batch_id,
    (select coalesce(max(reject_id), 0) from landing.rejects) as reject_id,
    (select coalesce(max(step_run_id), 0) from control.step_runs) as step_run_id
