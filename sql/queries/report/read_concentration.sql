-- How concentrated exposure is, among counterparties and among instruments.
select among, top_share_percent, top_note, hhi
from report.concentration
where business_date = %(business_date)s
order by among collate "C"
