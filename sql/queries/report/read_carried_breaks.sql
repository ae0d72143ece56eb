-- Breaks of earlier dates that were still open when the date was first closed, by type, currency and age.
select
    break_type,
    currency,
    count(*) as open_count,
    count(*) filter (where days_old <= 1) as day_old_count,
    count(*) filter (where days_old between 2 and 5) as days_old_count,
    count(*) filter (where days_old > 5) as older_count,
    max(days_old) as oldest_days,
    sum(exposure_amount) as open_exposure_amount
from report.carried_breaks
where closed_date = %(business_date)s
group by break_type, currency
order by break_type collate "C", currency collate "C"
