-- purpose: bring the highest versions of the three sides together for each touched trade that is
--          looked up and not matched as it stands. A close believes no match. Cost follows trades.
-- reads: touched_trades (temporary), trade.executions, trade.confirmations, trade.pnl_snapshots,
--        reference.sources; by recon.look_up_match also recon.single_matches, recon.match_sets,
--        recon.match_set_exceptions
-- writes: compared_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_dates (every date of touched_trades)

drop table if exists pg_temp.compared_trades;

create temporary table compared_trades on commit drop as
select
    t.business_date,
    t.trade_id,
    t.is_grace_over,
    e.version as execution_version,
    e.status as execution_status,
    e.symbol,
    e.currency,
    e.counterparty_id,
    e.quantity,
    e.price,
    e.executed_at,
    s.expects_confirmation,
    s.expects_pnl_snapshot,
    c.version as confirmation_version,
    c.quantity as confirmed_quantity,
    c.price as confirmed_price,
    c.confirmed_at,
    c.symbol as confirmed_symbol,
    c.currency as confirmed_currency,
    c.counterparty_id as confirmed_counterparty_id,
    p.version as pnl_snapshot_version,
    p.pnl_impact,
    p.commission,
    p.currency as pnl_currency,
    m.has_match,
    m.has_match
    and (m.execution_version, m.confirmation_version, m.pnl_snapshot_version)
        is distinct from (e.version, c.version, p.version) as has_stale_match
from touched_trades as t
left join lateral (
    select x.*
    from trade.executions as x
    where x.business_date = any(%(business_dates)s::date[])
      and (x.business_date, x.trade_id) = (t.business_date, t.trade_id)
    order by x.version desc
    limit 1
) as e on true
left join lateral (
    select x.*
    from trade.confirmations as x
    where x.business_date = any(%(business_dates)s::date[])
      and (x.business_date, x.trade_id) = (t.business_date, t.trade_id)
    order by x.version desc
    limit 1
) as c on c.status <> 'CANCELLED'
left join lateral (
    select x.*
    from trade.pnl_snapshots as x
    where x.business_date = any(%(business_dates)s::date[])
      and (x.business_date, x.trade_id) = (t.business_date, t.trade_id)
    order by x.version desc
    limit 1
) as p on p.status <> 'CANCELLED'
cross join lateral recon.look_up_match(
    %(business_dates)s::date[], t.business_date, t.trade_id, e.version, e.batch_id, e.source_id
) as m
left join reference.sources as s on s.source_id = e.source_id
where t.is_looked_up
  and (
      t.is_grace_over
      or e.version is null
      or not m.has_match
      or (m.execution_version, m.confirmation_version, m.pnl_snapshot_version)
          is distinct from (e.version, c.version, p.version)
  );

select (select count(*) from touched_trades) as rows_in, count(*) as rows_out from compared_trades;
