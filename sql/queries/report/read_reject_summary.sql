-- Refused messages by feed, stage and reason.
select feed, stage, reason, reject_count, replayed_count
from report.reject_summary
where business_date = %(business_date)s
order by feed collate "C", stage collate "C", reason collate "C"
