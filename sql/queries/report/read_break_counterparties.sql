-- Open breaks by counterparty and type.
select counterparty_id, counterparty_name, break_type, open_count
from report.break_counterparties
where business_date = %(business_date)s
order by counterparty_id collate "C", break_type collate "C"
