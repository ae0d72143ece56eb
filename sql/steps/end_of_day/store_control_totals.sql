-- purpose: keep the counted totals of the date.
-- reads: counted_totals (temporary)
-- writes: control.date_totals
-- rerun: replace the date
-- parameters: business_date

delete from control.date_totals where business_date = %(business_date)s;

insert into control.date_totals (
    business_date, feed, received_count, accepted_count, rejected_count, duplicate_count,
    accepted_quantity, accepted_notional
)
select
    %(business_date)s,
    feed,
    received_count,
    accepted_count,
    rejected_count,
    duplicate_count,
    accepted_quantity,
    accepted_notional
from counted_totals;

select coalesce(sum(received_count), 0) as rows_in, count(*) as rows_out
from counted_totals;
