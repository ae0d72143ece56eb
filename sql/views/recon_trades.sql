-- Every trade of a date once: its three sides as they are compared, and what became of it.

create or replace view recon.trades as
with current_executions as (
    select e.*
    from trade.executions as e
    where not exists (
        select
        from trade.executions as newer
        where newer.business_date = e.business_date
          and newer.trade_id = e.trade_id
          and newer.version > e.version
          and newer.version > 1
    )
),
current_confirmations as (
    select c.*
    from trade.confirmations as c
    where c.status <> 'CANCELLED'
      and not exists (
          select
          from trade.confirmations as newer
          where newer.business_date = c.business_date
            and newer.trade_id = c.trade_id
            and newer.version > c.version
            and newer.version > 1
      )
),
current_pnl_snapshots as (
    select p.*
    from trade.pnl_snapshots as p
    where p.status <> 'CANCELLED'
      and not exists (
          select
          from trade.pnl_snapshots as newer
          where newer.business_date = p.business_date
            and newer.trade_id = p.trade_id
            and newer.version > p.version
            and newer.version > 1
      )
),
open_breaks as (
    select
        business_date,
        trade_id,
        array_agg(break_type order by break_type) as break_types,
        bool_or(break_type like '%mismatch') as is_mismatched,
        bool_or(break_type like 'missing%') as is_unmatched
    from recon.breaks
    where status = 'OPEN'
    group by business_date, trade_id
)
select
    business_date,
    trade_id,
    e.version as execution_version,
    c.version as confirmation_version,
    p.version as pnl_snapshot_version,
    e.status as execution_status,
    e.source_id,
    coalesce(e.symbol, c.symbol) as symbol,
    e.asset_class,
    e.side,
    e.quantity,
    c.quantity as confirmed_quantity,
    e.price,
    c.price as confirmed_price,
    e.executed_at,
    c.confirmed_at,
    p.pnl_impact,
    p.commission,
    e.price * e.quantity - p.commission as expected_pnl,
    c.quantity - e.quantity as quantity_delta,
    c.price - e.price as price_delta,
    extract(epoch from c.confirmed_at - e.executed_at) * 1000 as timestamp_delta_ms,
    p.pnl_impact - (e.price * e.quantity - p.commission) as pnl_delta,
    coalesce(e.currency, c.currency, p.currency) as currency,
    coalesce(e.counterparty_id, c.counterparty_id) as counterparty_id,
    e.settlement_date,
    m.trade_id is not null as reconciled,
    coalesce(b.break_types, '{}') as open_break_types,
    case
        when e.status = 'CANCELLED' then 'cancelled'
        when m.trade_id is not null then 'matched'
        when b.is_mismatched then 'mismatched'
        when b.is_unmatched then 'unmatched'
        when w.trade_id is not null then 'pending'
        when
            not s.expects_confirmation and not s.expects_pnl_snapshot
            and c.version is null and p.version is null
            then 'not_expected'
        else 'uncompared'
    end as outcome
from current_executions as e
full join current_confirmations as c using (business_date, trade_id)
full join current_pnl_snapshots as p using (business_date, trade_id)
left join recon.matches as m using (business_date, trade_id)
left join open_breaks as b using (business_date, trade_id)
left join recon.pending as w using (business_date, trade_id)
left join reference.sources as s on s.source_id = e.source_id;
comment on view recon.trades is
    'One row per date and trade with exactly one outcome. reconciled: it matches, and later batches '
    'skip it. uncompared: between promotion and the comparison of the same run, never after a close.';
