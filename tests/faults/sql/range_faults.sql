-- Drained ranges of a partition follow each other, and say what is in them.
with ranges as (
    select
        r.topic,
        r.partition,
        r.first_offset,
        r.message_count,
        r.lost_count,
        lag(r.end_offset) over (
            partition by r.topic, r.partition order by r.first_offset
        ) as previous_end,
        (
            select count(*)
            from landing.read_messages(r.topic, r.partition, r.first_offset, r.end_offset)
        ) as stored_count
    from landing.batch_ranges as r
)
select
    count(*) filter (where first_offset < previous_end) as overlap_count,
    count(*) filter (where first_offset > previous_end) as gap_count,
    coalesce(sum(lost_count), 0)::bigint as lost_count,
    count(*) filter (where stored_count <> message_count) as off_count,
    (
        select count(*)
        from landing.messages as m
        where not exists (
            select
            from landing.batch_ranges as r
            where r.topic = m.topic
                and r.partition = m.partition
                and m.message_offset >= r.first_offset
                and m.message_offset < r.end_offset
        )
    ) as uncovered_count
from ranges
