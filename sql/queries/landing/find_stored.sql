-- Partitions of which messages are stored that a batch is about to store: has to be none, since its
-- offsets say that nothing behind them was drained. Looks at the days that it could have been on.
select
    r.partition,
    max(b.last_offset) as last_offset
from unnest(%(partitions)s::integer[], %(first_offsets)s::bigint[]) as r (partition, first_offset)
join landing.message_blocks as b
    on b.topic = %(topic)s
    and b.partition = r.partition
    and b.first_offset > r.first_offset - 256
    and b.last_offset >= r.first_offset
where b.received_on between %(received_on)s::date - 1 and %(received_on)s::date
group by r.partition
order by r.partition
