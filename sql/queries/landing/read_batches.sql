-- Batches as a trace shows them.
select
    batch_id,
    feed,
    status,
    message_count,
    drained_at,
    finished_at,
    first_message_at,
    last_message_at
from landing.batches
where batch_id = any(%(batch_ids)s::bigint[])
order by batch_id
