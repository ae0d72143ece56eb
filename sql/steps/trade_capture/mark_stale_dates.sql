-- purpose: mark the closed dates that these batches bring executions to: their books are behind.
-- reads: staging.executions, control.closes
-- writes: books.stale_dates
-- rerun: a date stands once
-- parameters: batch_ids

insert into books.stale_dates (business_date)
select distinct s.business_date
from staging.executions as s
join control.closes as c on c.business_date = s.business_date
where s.batch_id = any(%(batch_ids)s::bigint[])
on conflict (business_date) do nothing;

select count(*) as rows_in, count(*) as rows_out
from books.stale_dates;
