-- purpose: keep how many counts of received messages the date had when its figures were made: a
--          record that comes later raises it.
-- reads: control.received_counts
-- writes: control.closes
-- rerun: upsert changed: the newest count stays
-- parameters: business_date

update control.closes
set input_count = (
    select count(*)
    from control.received_counts
    where business_date = %(business_date)s
)
where business_date = %(business_date)s;

select coalesce(max(input_count), 0) as rows_in, count(*) as rows_out
from control.closes
where business_date = %(business_date)s;
