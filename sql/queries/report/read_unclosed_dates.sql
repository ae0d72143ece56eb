-- Earlier dates with executions that no close has booked yet: they are in no position of the date.
select r.business_date
from (
    select distinct business_date
    from control.received_counts
    where business_date < %(business_date)s
) as r
where r.business_date not in (select business_date from books.updates)
  and exists (select from trade.executions as e where e.business_date = r.business_date)
order by r.business_date
