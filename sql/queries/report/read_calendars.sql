-- What each calendar says of the date.
select calendar_id, is_business_day
from reference.calendar_days
where calendar_date = %(business_date)s
order by calendar_id collate "C"
