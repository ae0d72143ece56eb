-- one batch for each feed and so many messages, as near real time leaves them
with counted as (
    select batch_id, topic as feed, count(*)::integer as message_count
    from landing.messages
    where message_offset >= %(first_offset)s
    group by batch_id, topic
)
insert into landing.batches (
    batch_id, feed, status, message_count, staged_count, reject_count, finished_at, run_id
)
overriding system value
select batch_id, feed, 'RECONCILED', message_count, message_count, 0, now(), 'bench'
from counted
