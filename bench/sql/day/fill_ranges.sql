insert into landing.batch_ranges (
    batch_id, topic, partition, first_offset, end_offset, message_count, empty_count
)
select
    batch_id,
    topic,
    partition,
    min(message_offset),
    max(message_offset) + 1,
    count(*),
    max(message_offset) + 1 - min(message_offset) - count(*)
from landing.messages
where message_offset >= %(first_offset)s
group by batch_id, topic, partition
