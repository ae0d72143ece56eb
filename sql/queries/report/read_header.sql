-- The close of a date and what it leans on. No row: the date was never closed.
select
    c.business_date,
    c.is_business_day,
    i.as_of,
    (
        select max(earlier.business_date)
        from control.closes earlier
        where earlier.business_date < c.business_date
    ) as previous_close_date
from control.closes c
left join report.input_instants i on i.business_date = c.business_date
where c.business_date = %(business_date)s
