-- Closed dates before this one that got or lost an execution since.
select business_date
from books.stale_dates
where business_date < %(business_date)s
order by business_date
