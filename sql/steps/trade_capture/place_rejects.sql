-- purpose: put the refused messages of these batches that state no date under the date of the
--          nearest execution with the same trade id within reach, so that the day's totals tell of
--          them.
-- reads: landing.batch_ranges, landing.rejects, trade.executions
-- writes: landing.rejects
-- rerun: the same executions give the same dates; runs before count_received, which counts once
-- parameters: batch_ids

with undated as (
    select
        r.reject_id,
        r.trade_id,
        -- what had become a record states an instant if its kind does
        case
            when r.feed = 'broker_confirmations' and r.stage <> 'contract' then 'confirmation'
            else 'message'
        end as record_type,
        r.business_date as own_date
    from landing.batch_ranges as b
    join landing.rejects as r
        on r.topic = b.topic
        and r.partition = b.partition
        and r.message_offset >= b.first_offset
        and r.message_offset < b.end_offset
    where b.batch_id = any(%(batch_ids)s::bigint[])
      and not r.is_date_stated
      and r.trade_id is not null
),
placed as (
    update landing.rejects as r
    set business_date = nearest.business_date
    from undated as u
    cross join lateral (
        select e.business_date
        from trade.executions as e
        where e.trade_id = u.trade_id
          and trade.is_within_reach(u.record_type, u.own_date, e.business_date)
        order by abs(e.business_date - u.own_date), e.business_date
        limit 1
    ) as nearest
    where r.reject_id = u.reject_id
    returning r.reject_id
)
select
    (select count(*) from undated) as rows_in,
    (select count(*) from placed) as rows_out;
