-- Rules that do not hold over the whole day.
select suite, rule_name, is_stop, failing_count
from report.quality_findings
where business_date = %(business_date)s
  and validated = 'whole day'
order by suite collate "C", rule_name collate "C"
