-- purpose: join the three sides of the whole date and keep the trades that do not agree on all of
--          them; trades of which no other side is expected and none came are left out.
-- reads: trade.executions, trade.confirmations, trade.pnl_snapshots, reference.sources
-- writes: unreconciled_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, quantity_delta_max, price_delta_max, timestamp_delta_ms_max,
--             pnl_delta_limit (bounds in force on the date)

drop table if exists pg_temp.unreconciled_trades;

-- hash tables that fit the processor's cache beat one that holds everything
set local work_mem = '8MB';

-- The predicate comes first and costs one pass, in parallel; what is wrong, and by how much, is
-- worked out later and only for what it leaves. All versions take part: a trade with several is
-- looked at one by one in any case.
create temporary table unreconciled_trades on commit drop as
select trade_id
from (select * from trade.executions where business_date = %(business_date)s) as e
full join (select * from trade.confirmations where business_date = %(business_date)s) as c
    using (trade_id)
full join (select * from trade.pnl_snapshots where business_date = %(business_date)s) as p
    using (trade_id)
where (
    recon.quantities_agree(e.quantity, c.quantity, %(quantity_delta_max)s)
    and recon.prices_agree(e.price, c.price, %(price_delta_max)s)
    and recon.timestamps_agree(e.executed_at, c.confirmed_at, %(timestamp_delta_ms_max)s)
    and recon.pnl_agrees(e.quantity, e.price, p.commission, p.pnl_impact, %(pnl_delta_limit)s)
    and e.status <> 'CANCELLED'
    and c.status <> 'CANCELLED'
    and p.status <> 'CANCELLED'
) is not true
and not (
    c.version is null
    and p.version is null
    and e.source_id = any(array(
        select source_id
        from reference.sources
        where not expects_confirmation
          and not expects_pnl_snapshot
    ))
);

select count(*) as rows_in, count(*) as rows_out
from unreconciled_trades;
