-- Results of the suites.
select suite, validated, run_count, evaluated_count, warning_count, stop_count
from report.suite_results
where business_date = %(business_date)s
order by suite collate "C", validated collate "C"
