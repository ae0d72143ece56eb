-- Seconds from a batch's newest message, and from its drain, to its end; batches that finished in the
-- last five minutes, among the newest.
select
    feed,
    percentile_cont(0.5) within group (order by extract(epoch from finished_at - drained_at))
        as work_p50,
    percentile_cont(0.95) within group (order by extract(epoch from finished_at - drained_at))
        as work_p95,
    percentile_cont(0.5) within group (order by extract(epoch from finished_at - last_message_at))
        as delay_p50,
    percentile_cont(0.95) within group (order by extract(epoch from finished_at - last_message_at))
        as delay_p95
from landing.batches
where batch_id > (select max(batch_id) - 5000 from landing.batches)
  and finished_at > now() - interval '5 minutes'
  and status = 'RECONCILED'
group by feed
