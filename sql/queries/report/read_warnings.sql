-- Accepted records that carry a warning.
select record_type, rule_name, record_count
from report.warnings
where business_date = %(business_date)s
order by rule_name collate "C", record_type collate "C"
