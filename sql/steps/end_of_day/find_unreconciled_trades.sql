-- purpose: join the three sides of the whole date and keep what is not settled knowledge: every
--          trade that does not agree on all sides with a stored match of just these versions.
-- reads: trade.executions, trade.confirmations, trade.pnl_snapshots, recon.matches,
--        reference.sources
-- writes: unreconciled_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, quantity_delta_max, price_delta_max, timestamp_delta_ms_max,
--             pnl_delta_limit (bounds in force on the date)

drop table if exists pg_temp.unreconciled_trades;

-- The predicate comes first and costs one pass, in parallel; details are worked out only for what
-- it leaves. A trade with several versions appears once for each pairing, and always stays.
create temporary table unreconciled_trades on commit drop as
select
    trade_id,
    e.version as execution_version,
    c.version as confirmation_version,
    p.version as pnl_snapshot_version,
    m.trade_id is null
    and e.status <> 'CANCELLED'
    and c.status <> 'CANCELLED'
    and p.status <> 'CANCELLED'
    and recon.quantities_agree(e.quantity, c.quantity, %(quantity_delta_max)s)
    and recon.prices_agree(e.price, c.price, %(price_delta_max)s)
    and recon.timestamps_agree(e.executed_at, c.confirmed_at, %(timestamp_delta_ms_max)s)
    and recon.pnl_agrees(e.quantity, e.price, p.commission, p.pnl_impact, %(pnl_delta_limit)s)
        as is_new_match,
    c.quantity - e.quantity as quantity_delta,
    c.price - e.price as price_delta,
    c.confirmed_at - e.executed_at as timestamp_delta,
    p.pnl_impact - (e.price * e.quantity - p.commission) as pnl_delta
from (select * from trade.executions where business_date = %(business_date)s) as e
full join (select * from trade.confirmations where business_date = %(business_date)s) as c
    using (trade_id)
full join (select * from trade.pnl_snapshots where business_date = %(business_date)s) as p
    using (trade_id)
full join (select * from recon.matches where business_date = %(business_date)s) as m
    using (trade_id)
where (
    m.execution_version = e.version
    and m.confirmation_version = c.version
    and m.pnl_snapshot_version = p.version
    and e.status <> 'CANCELLED'
    and c.status <> 'CANCELLED'
    and p.status <> 'CANCELLED'
    and recon.quantities_agree(e.quantity, c.quantity, %(quantity_delta_max)s)
    and recon.prices_agree(e.price, c.price, %(price_delta_max)s)
    and recon.timestamps_agree(e.executed_at, c.confirmed_at, %(timestamp_delta_ms_max)s)
    and recon.pnl_agrees(e.quantity, e.price, p.commission, p.pnl_impact, %(pnl_delta_limit)s)
) is not true
and not (
    c.version is null
    and p.version is null
    and m.trade_id is null
    and e.source_id = any(array(
        select source_id
        from reference.sources
        where not expects_confirmation
          and not expects_pnl_snapshot
    ))
    and e.version is not null
);

select count(*) as rows_in, count(*) as rows_out
from unreconciled_trades;
