-- How many counts of received messages the date got after its figures were made. No row: not closed.
select count(r.batch_id) - coalesce(c.input_count, count(r.batch_id)) as late_count
from control.closes as c
left join control.received_counts as r using (business_date)
where c.business_date = %(business_date)s
group by c.input_count
