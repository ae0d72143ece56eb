-- Raw messages that the newest ranges say are stored, and are not there: has to be nothing.
select
    r.topic,
    r.partition,
    sum(r.message_count - m.stored)::bigint as missing
from (
    select
        g.*,
        (b.drained_at at time zone 'UTC')::date as drained_on
    from landing.batch_ranges as g
    join landing.batches as b on b.batch_id = g.batch_id
    where g.batch_id > (select max(batch_id) - 5 from landing.batches)
) as r
cross join lateral (
    select coalesce(sum(m.message_count), 0) as stored
    from landing.message_blocks as m
    where m.topic = r.topic
      and m.partition = r.partition
      and m.first_offset >= r.first_offset
      and m.first_offset < r.end_offset
      and m.received_on between r.drained_on - 1 and r.drained_on + 1
) as m
group by r.topic, r.partition
