-- Goes on with a topic made anew: its offsets are kept behind those of the old one, and what was done
-- is written down for each partition. Gives the partitions with what the old topic held undrained.
with bases as (
    select
        o.partition,
        o.next_offset as drained_offset,
        greatest(o.next_offset, o.end_offset_seen) as offset_base
    from landing.offsets as o
    where o.topic = %(topic)s
),
adopted as (
    insert into landing.topics as t (topic, topic_id, identified_at)
    values (%(topic)s, %(topic_id)s, now())
    on conflict (topic) do update
    set topic_id = excluded.topic_id,
        generation = t.generation + 1,
        identified_at = excluded.identified_at,
        stopped_at = null,
        stop_reason = null
    returning t.generation
),
moved as (
    update landing.offsets as o
    set next_offset = b.offset_base,
        offset_base = b.offset_base,
        end_offset_seen = b.offset_base,
        updated_at = now()
    from bases as b
    where o.topic = %(topic)s
      and o.partition = b.partition
)
insert into landing.topic_adoptions (
    topic, generation, partition, old_topic_id, new_topic_id, offset_base, lost_count, adopted_by
)
select
    %(topic)s,
    a.generation,
    b.partition,
    %(old_topic_id)s,
    %(topic_id)s,
    b.offset_base,
    b.offset_base - b.drained_offset,
    %(adopted_by)s
from bases as b
cross join adopted as a
returning partition, offset_base - lost_count as drained_offset, offset_base, lost_count
