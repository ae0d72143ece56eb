-- Messages drained, by feed, in a range of batches.
select
    feed,
    sum(message_count)::bigint as messages,
    count(*) as batches
from landing.batches
where batch_id > %(after_id)s
  and batch_id <= %(up_to_id)s
group by feed
