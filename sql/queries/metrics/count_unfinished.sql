-- Batches that are not finished, by feed and status, with the age of the oldest in seconds.
select
    feed,
    status,
    count(*) as batches,
    extract(epoch from now() - min(drained_at))::float8 as oldest_seconds
from landing.batches
where status not in ('RECONCILED', 'REJECTED')
group by feed, status
