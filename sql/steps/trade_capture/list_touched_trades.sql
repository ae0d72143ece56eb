-- purpose: list the trades to compare: those that these batches touched, and those whose grace
--          period has run out.
-- reads: staging.executions, staging.confirmations, staging.pnl_snapshots, recon.pending
-- writes: touched_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: batch_ids, as_of (instant up to which grace is over)

drop table if exists pg_temp.touched_trades;

create temporary table touched_trades on commit drop as
select
    business_date,
    trade_id,
    bool_or(is_grace_over) as is_grace_over,
    true as is_looked_up
from (
    select business_date, trade_id, false as is_grace_over
    from staging.executions
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select business_date, trade_id, false
    from staging.confirmations
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    select business_date, trade_id, false
    from staging.pnl_snapshots
    where batch_id = any(%(batch_ids)s::bigint[])
    union all
    -- due since the epoch: a place that records moved from, which only has to be looked at again
    select business_date, trade_id, due_at > 'epoch'
    from recon.pending
    where due_at <= %(as_of)s
) as touched
group by business_date, trade_id
-- in the order of the keys, so that look-ups meet the pages they have just met
order by business_date, trade_id collate "C";

analyze touched_trades;

select count(*) as rows_in, count(*) as rows_out
from touched_trades;
