-- Earlier dates whose executions are in no position of the date.
select business_date
from books.unclosed_dates(%(business_date)s)
order by business_date
