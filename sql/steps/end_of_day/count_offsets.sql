-- purpose: count, for the batches that hold a message of the date, the offsets they cover and the
--          messages that are stored for them, or were when retention took them.
--          Offsets lost without any message beside them count on the house's first business day
--          from the UTC date that found them lost: a weekend is not closed.
-- reads: control.received_counts, landing.batches, landing.batch_ranges, landing.message_blocks,
--        landing.dropped_ranges, reference.calendar_days
-- writes: counted_offsets (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, calendar_id

drop table if exists pg_temp.counted_offsets;

create temporary table counted_offsets on commit drop as
with ranges as (
    select b.*
    from landing.batch_ranges as b
    where b.batch_id in (
        select batch_id
        from control.received_counts
        where business_date = %(business_date)s
        union all
        select l.batch_id
        from landing.batch_ranges as l
        join landing.batches as a
            on a.batch_id = l.batch_id
        where l.lost_count > 0
          and a.message_count = 0
          and %(business_date)s = coalesce(
              (
                  select min(calendar_date)
                  from reference.calendar_days
                  where calendar_id = %(calendar_id)s
                    and is_business_day
                    and calendar_date >= (a.drained_at at time zone 'UTC')::date
              ),
              (a.drained_at at time zone 'UTC')::date
          )
    )
)
select
    r.topic,
    r.partition,
    max(r.end_offset) as end_offset,
    sum(r.end_offset - r.first_offset)::bigint as offset_count,
    sum(stored.message_count + coalesce(d.message_count, 0))::bigint as message_count,
    sum(r.empty_count)::bigint as empty_count,
    sum(r.lost_count)::bigint as lost_count
from ranges as r
cross join lateral (
    select coalesce(sum(m.message_count), 0) as message_count
    from landing.message_blocks as m
    where m.topic = r.topic
      and m.partition = r.partition
      and m.first_offset >= r.first_offset
      and m.first_offset < r.end_offset
) as stored
left join landing.dropped_ranges as d
    on d.batch_id = r.batch_id
    and d.topic = r.topic
    and d.partition = r.partition
group by r.topic, r.partition;

select coalesce(sum(offset_count), 0) as rows_in, count(*) as rows_out
from counted_offsets;
