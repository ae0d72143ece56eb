-- The next date to build: one that is behind, the one that is closed, or a later one that leans on what
-- this update changed.
select min(business_date)
from (
    select business_date
    from books.stale_dates
    where business_date <= %(closed_date)s
    union all
    select %(closed_date)s
    union all
    select c.business_date
    from changed_holdings
    join books.closing_positions as c using (holding_id)
    where c.business_date > %(after)s
) as waiting
where business_date > %(after)s
