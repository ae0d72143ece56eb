-- A drained batch, and the offset ranges that it covers. One without any message (only transaction
-- markers or lost offsets) has nothing to validate or promote: it is finished.
with batch as (
    insert into landing.batches (
        batch_id, feed, message_count, staged_count, reject_count,
        first_message_at, last_message_at, run_id, status, finished_at
    )
    overriding system value
    values (
        %(batch_id)s, %(feed)s, %(message_count)s, %(staged_count)s, %(reject_count)s,
        %(first_message_at)s, %(last_message_at)s, %(run_id)s,
        case when %(message_count)s > 0 then 'DRAINED' else 'RECONCILED' end,
        case when %(message_count)s > 0 then null else now() end
    )
    returning batch_id
)
insert into landing.batch_ranges (
    batch_id, topic, partition, first_offset, end_offset, message_count, empty_count, lost_count
)
select
    b.batch_id,
    %(topic)s,
    r.partition,
    r.first_offset,
    r.end_offset,
    r.message_count,
    r.end_offset - r.first_offset - r.message_count - r.lost_count,
    r.lost_count
from batch as b
cross join unnest(
    %(partitions)s::integer[],
    %(first_offsets)s::bigint[],
    %(next_offsets)s::bigint[],
    %(message_counts)s::integer[],
    %(lost_counts)s::bigint[]
) as r (partition, first_offset, end_offset, message_count, lost_count)
