-- Compare and set: moves each partition's offset if it still stands where the batch began. Counts the
-- partitions that moved; fewer than given means that another drain was faster.
with moves as (
    select *
    from unnest(
        %(partitions)s::integer[],
        %(expected_offsets)s::bigint[],
        %(next_offsets)s::bigint[],
        %(end_offsets)s::bigint[]
    ) as moves (partition, expected_offset, next_offset, end_offset)
),
first_moves as (
    insert into landing.offsets (topic, partition, next_offset, end_offset_seen)
    select
        %(topic)s,
        m.partition,
        m.next_offset,
        greatest(m.next_offset, m.end_offset)
    from moves as m
    where m.expected_offset is null
    on conflict (topic, partition) do nothing
    returning partition
),
later_moves as (
    update landing.offsets as o
    set next_offset = m.next_offset,
        end_offset_seen = greatest(m.next_offset, m.end_offset),
        updated_at = now()
    from moves as m
    where o.topic = %(topic)s
        and o.partition = m.partition
        and o.next_offset = m.expected_offset
    returning o.partition
)
select (select count(*) from first_moves) + (select count(*) from later_moves) as moved_count
