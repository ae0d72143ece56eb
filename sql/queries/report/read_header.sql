-- The close of a date and what it leans on. No row: the date was never closed.
select
    c.business_date,
    c.is_business_day,
    greatest(
        (select max(known_at) from pack_inputs),
        (select max(rejected_at) from control.rejects where business_date = %(business_date)s)
    ) as as_of,
    (
        select max(earlier.business_date)
        from control.closes earlier
        where earlier.business_date < c.business_date
    ) as previous_close_date
from control.closes c
where c.business_date = %(business_date)s
