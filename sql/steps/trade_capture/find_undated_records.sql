-- purpose: find the staged confirmations and snapshots that state no trade date and have no
--          execution on the date of their own instant.
-- reads: staging.confirmations, staging.pnl_snapshots, trade.executions
-- writes: undated_records (temporary)
-- rerun: replaces the temporary table
-- parameters: batch_ids, business_dates

drop table if exists pg_temp.undated_records;

create temporary table undated_records on commit drop as
with undated as (
    select
        'confirmation' as record_type,
        topic,
        partition,
        message_offset,
        trade_id,
        business_date as own_date
    from staging.confirmations
    where batch_id = any(%(batch_ids)s::bigint[])
      and not is_date_stated
    union all
    select
        'pnl_snapshot',
        topic,
        partition,
        message_offset,
        trade_id,
        business_date
    from staging.pnl_snapshots
    where batch_id = any(%(batch_ids)s::bigint[])
      and not is_date_stated
)
select u.*
from undated as u
left join lateral (
    select e.trade_id
    from trade.executions as e
    where e.business_date = any(%(business_dates)s::date[])
      and e.business_date = u.own_date
      and e.trade_id = u.trade_id
    limit 1
) as own on true
where own.trade_id is null;

select count(*) as rows_in, count(*) as rows_out
from undated_records;
