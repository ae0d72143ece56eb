-- Breaks by type and currency.
select break_type, subject_kind, currency, open_count, resolved_count, total_count, open_exposure_amount
from report.break_summary
where business_date = %(business_date)s
order by break_type collate "C", currency collate "C"
