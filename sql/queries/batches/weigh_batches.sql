-- Validated batches with the messages that were drained, those of which a row or a reject is there,
-- their business dates, and how many of these have no partitions yet; held until the transaction
-- ends. Marks, statuses and statements lie in no partition: theirs are not counted.
with staged as (
    select
        batch_id,
        feed not in ('marks', 'settlement_statuses', 'custodian_positions', 'custodian_cash')
            as is_partitioned,
        business_date,
        count(*) as row_count
    from staging.records
    where batch_id = any(%(batch_ids)s::bigint[])
    group by batch_id, feed, business_date
),
rows_left as (
    select
        s.batch_id,
        sum(s.row_count) as row_count,
        array_agg(distinct s.business_date) filter (where s.is_partitioned) as business_dates,
        count(distinct s.business_date) filter (where s.is_partitioned and not exists (
            select
            from pg_catalog.pg_class as c
            where c.relnamespace = 'recon'::regnamespace
              and c.relname = 'breaks_' || to_char(s.business_date, 'YYYYMMDD')
        )) as new_date_count
    from staged as s
    group by s.batch_id
),
refused as (
    select b.batch_id, count(*) as reject_count
    from landing.batch_ranges as b
    join landing.rejects as r
        on r.topic = b.topic
        and r.partition = b.partition
        and r.message_offset >= b.first_offset
        and r.message_offset < b.end_offset
    where b.batch_id = any(%(batch_ids)s::bigint[])
    group by b.batch_id
)
select
    b.batch_id,
    b.feed,
    b.message_count,
    coalesce(s.row_count, 0)::bigint as row_count,
    coalesce(r.reject_count, 0) as reject_count,
    case when b.dates_allowed then 0 else coalesce(s.new_date_count, 0) end as new_date_count,
    coalesce(s.business_dates, '{}') as business_dates
from landing.batches as b
left join rows_left as s on s.batch_id = b.batch_id
left join refused as r on r.batch_id = b.batch_id
where b.batch_id = any(%(batch_ids)s::bigint[])
  and b.status = 'VALIDATED'
order by b.batch_id
for update of b
