-- purpose: store a match for every plain trade of the date that has none, and take away matches
--          that stand for no trade. Plain is what the join says: one version on each side, and the
--          rules hold.
-- reads: touched_trades (temporary), trade.executions, trade.confirmations, trade.pnl_snapshots
-- writes: plain_trades (temporary), recon.matches
-- rerun: upsert changed: a stored match stays
-- parameters: business_date, run_id, as_of, quantity_delta_max, price_delta_max,
--             timestamp_delta_ms_max, pnl_delta_limit (bounds in force on the date)

drop table if exists pg_temp.plain_trades;

create temporary table plain_trades on commit drop as
select trade_id
from (select * from trade.executions where business_date = %(business_date)s) as e
join (select * from trade.confirmations where business_date = %(business_date)s) as c
    using (trade_id)
join (select * from trade.pnl_snapshots where business_date = %(business_date)s) as p
    using (trade_id)
where (e.version, c.version, p.version) = (1, 1, 1)
  and recon.quantities_agree(e.quantity, c.quantity, %(quantity_delta_max)s)
  and recon.prices_agree(e.price, c.price, %(price_delta_max)s)
  and recon.timestamps_agree(e.executed_at, c.confirmed_at, %(timestamp_delta_ms_max)s)
  and recon.pnl_agrees(e.quantity, e.price, p.commission, p.pnl_impact, %(pnl_delta_limit)s)
  and e.status <> 'CANCELLED'
  and c.status <> 'CANCELLED'
  and p.status <> 'CANCELLED'
  and not exists (select from touched_trades as t where t.trade_id = e.trade_id);

analyze plain_trades;

delete from recon.matches as m
where m.business_date = %(business_date)s
  and not exists (select from touched_trades as t where t.trade_id = m.trade_id)
  and not exists (select from plain_trades as p where p.trade_id = m.trade_id);

with stored as (
    insert into recon.matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        run_id, matched_at
    )
    select
        %(business_date)s,
        p.trade_id,
        1,
        1,
        1,
        %(run_id)s,
        %(as_of)s
    from plain_trades as p
    where not exists (
        select
        from recon.matches as m
        where m.business_date = %(business_date)s
          and m.trade_id = p.trade_id
    )
    -- in the order of the key: its index grows at one end
    order by p.trade_id
    returning 1
)
select count(*) as rows_in, count(*) as rows_out
from stored;
