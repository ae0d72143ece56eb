-- Purpose: keep what a suite said about a batch or a business date.
-- Reads: nothing
-- Writes: quality.results
-- Rerun: replaces the result of the same suite, scope and run
-- Parameters: suite, batch_id, business_date, run_id, is_success, worst_severity, evaluated_count,
--   failed_count, errored_count, quarantined_count, duration_ms, result
delete from quality.results
where
    suite = %(suite)s
    and run_id = %(run_id)s
    and batch_id is not distinct from %(batch_id)s::bigint
    and business_date is not distinct from %(business_date)s::date;

with written as (
    insert into quality.results (
        suite, batch_id, business_date, run_id, is_success, worst_severity, evaluated_count,
        failed_count, errored_count, quarantined_count, duration_ms, result
    )
    values (
        %(suite)s, %(batch_id)s, %(business_date)s, %(run_id)s, %(is_success)s,
        %(worst_severity)s, %(evaluated_count)s, %(failed_count)s, %(errored_count)s,
        %(quarantined_count)s, %(duration_ms)s, %(result)s
    )
    returning 1
)
select
    1 as rows_in,
    count(*) as rows_out
from written;
