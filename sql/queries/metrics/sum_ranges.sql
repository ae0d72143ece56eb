-- Offsets drained, by partition, in a range of batches.
select
    topic,
    partition,
    sum(message_count)::bigint as messages,
    sum(empty_count)::bigint as empty,
    sum(lost_count)::bigint as lost,
    sum(end_offset - first_offset)::bigint as covered
from landing.batch_ranges
where batch_id > %(after_id)s
  and batch_id <= %(up_to_id)s
group by topic, partition
