-- purpose: count how many messages of each batch belong to each business date.
-- reads: staging.executions, staging.confirmations, staging.pnl_snapshots, landing.batches,
--        landing.batch_ranges, landing.rejects
-- writes: control.received_counts
-- rerun: append once per batch and date
-- parameters: batch_ids

insert into control.received_counts (batch_id, feed, business_date, received_count)
with received as (
    select batch_id, feed, business_date
    from staging.executions
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select batch_id, feed, business_date
    from staging.confirmations
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select batch_id, feed, business_date
    from staging.pnl_snapshots
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
),
counted as (
    select batch_id, feed, business_date, count(*) as received_count
    from received
    group by batch_id, feed, business_date
)
select c.batch_id, c.feed, c.business_date, c.received_count
from counted as c
where not exists (
    select
    from control.received_counts as r
    where r.business_date = c.business_date
      and r.feed = c.feed
      and r.batch_id = c.batch_id
);

select
    coalesce(sum(b.message_count), 0) as rows_in,
    coalesce(sum(b.message_count), 0) as rows_out
from landing.batches as b
where b.batch_id = any(%(batch_ids)s::bigint[]);
