-- Batches that are not finished, by status: how far the capture is.
select status, count(*) as batch_count
from landing.batches
where status not in ('RECONCILED', 'REJECTED')
group by status
order by status
