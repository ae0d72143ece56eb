-- purpose: count how many messages of each batch belong to each business date.
--          rows_in: messages that were drained; rows_out: those that were found again.
-- reads: staging.records, landing.batches, landing.batch_ranges, landing.rejects
-- writes: found_messages (temporary), control.received_counts
-- rerun: append once per batch and date
-- parameters: batch_ids

drop table if exists pg_temp.found_messages;

create temporary table found_messages on commit drop as
with received as (
    select batch_id, feed, business_date
    from staging.records
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select r.batch_id, r.feed, r.business_date
    from landing.batch_ranges as b
    join landing.rejects as r
        on r.topic = b.topic
        and r.partition = b.partition
        and r.message_offset >= b.first_offset
        and r.message_offset < b.end_offset
    where b.batch_id = any(%(batch_ids)s::bigint[])
)
select batch_id, feed, business_date, count(*) as received_count
from received
group by batch_id, feed, business_date;

insert into control.received_counts (batch_id, feed, business_date, received_count)
select f.batch_id, f.feed, f.business_date, f.received_count
from found_messages as f
where not exists (
    select
    from control.received_counts as r
    where r.business_date = f.business_date
      and r.feed = f.feed
      and r.batch_id = f.batch_id
);

select
    coalesce(sum(b.message_count), 0) as rows_in,
    coalesce((select sum(received_count) from found_messages), 0) as rows_out
from landing.batches as b
where b.batch_id = any(%(batch_ids)s::bigint[]);
