-- purpose: list the trades of the date that are compared one by one, by the same steps as near real
--          time, with the grace period over: what the join of the date left, and whatever has an
--          open break, waits, or has a conflicting record.
-- reads: unreconciled_trades (temporary), trade.conflicts, recon.breaks, recon.pending
-- writes: touched_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.touched_trades;

create temporary table touched_trades on commit drop as
select
    %(business_date)s::date as business_date,
    trade_id,
    true as is_grace_over
from (
    select trade_id
    from unreconciled_trades
    where is_new_match is not true
       or greatest(execution_version, confirmation_version, pnl_snapshot_version) > 1
    union
    select trade_id
    from trade.conflicts
    where business_date = %(business_date)s
    union
    select trade_id
    from recon.breaks
    where business_date = %(business_date)s
      and status = 'OPEN'
    union
    select trade_id
    from recon.pending
    where business_date = %(business_date)s
) as listed;

analyze touched_trades;

select count(*) as rows_in, count(*) as rows_out
from touched_trades;
