-- Dates whose newest pack no longer says what the database holds.
select business_date, version, late_input_count, changed_dates, changed_marks
from report.outdated_dates
order by business_date
