-- purpose: add to each pool what has moved since its opening holding: up to the day, or, where a
--          later day has less, up to that one, so that nothing is delivered twice.
-- reads: settlement.events, inventory_pools (temporary)
-- writes: inventory_pools, pool_movements (temporary)
-- rerun: replaces pool_movements; what is available is counted anew from the opening
-- parameters: effective_on

drop table if exists pg_temp.pool_movements;

create temporary table pool_movements on commit drop as
with span as (
    select min(first_day) as first_day from inventory_pools
),
moved as (
    select e.*
    from settlement.events as e
    where e.settlement_date >= (select first_day from span)
      and e.kind in ('SETTLEMENT', 'REVERSAL')
    union all
    select e.*
    from settlement.events as e
    where e.settlement_date < (select first_day from span)
      and e.effective_on <> e.settlement_date
      and e.effective_on >= (select first_day from span)
      and e.kind in ('SETTLEMENT', 'REVERSAL')
)
select
    p.house_account_id,
    p.asset_kind,
    p.asset,
    m.effective_on,
    sum(side.amount) as amount
from moved as m
cross join lateral (
    values
    (m.deliverer_id, 'SECURITY', m.symbol, -m.quantity),
    (m.receiver_id, 'SECURITY', m.symbol, m.quantity),
    (m.deliverer_id, 'CASH', m.delivered_currency, -m.quantity),
    (m.receiver_id, 'CASH', m.delivered_currency, m.quantity),
    (m.payer_id, 'CASH', m.currency, -m.amount),
    (m.payee_id, 'CASH', m.currency, m.amount)
) as side (account_id, asset_kind, asset, amount)
join inventory_pools as p
    on p.house_account_id = side.account_id
    and p.asset_kind = side.asset_kind
    and p.asset = side.asset
    and m.effective_on >= p.first_day
    and m.effective_on < p.next_opening
group by p.house_account_id, p.asset_kind, p.asset, m.effective_on;

with totals as (
    select
        *,
        sum(amount) over (
            partition by house_account_id, asset_kind, asset order by effective_on
        ) as total
    from pool_movements
),
least_held as (
    select
        house_account_id,
        asset_kind,
        asset,
        least(
            coalesce(sum(amount) filter (where effective_on <= %(effective_on)s), 0),
            min(total) filter (where effective_on > %(effective_on)s)
        ) as amount
    from totals
    group by house_account_id, asset_kind, asset
)
update inventory_pools as p
set available = p.opening + l.amount
from least_held as l
where (l.house_account_id, l.asset_kind, l.asset) = (p.house_account_id, p.asset_kind, p.asset);

select
    (select count(*) from pool_movements) as rows_in,
    (select count(*) from inventory_pools) as rows_out;
