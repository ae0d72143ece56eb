-- Results of the suites.
select
    suite,
    validated,
    run_count,
    evaluated_count,
    failed_count,
    errored_count,
    quarantined_count,
    is_success
from report.quality_suites
where business_date = %(business_date)s
order by suite collate "C", validated collate "C"
