-- Purpose: the newest result of each suite over a whole business date.
-- Reads: quality.results
-- Writes: nothing
-- Rerun: reads only
-- Parameters: business_date
select distinct on (results.suite)
    results.suite,
    results.is_success,
    results.worst_severity,
    results.evaluated_count,
    results.failed_count,
    results.errored_count,
    results.quarantined_count,
    results.result -> 'failed_rules' as failed_rules,
    results.result -> 'validation' as validation
from quality.results as results
where
    results.business_date = %(business_date)s
    and results.batch_id is null
order by results.suite, results.result_id desc;
