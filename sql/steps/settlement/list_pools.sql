-- purpose: say what each due movement draws on where the account has to have it: securities or
--          currency to deliver, money to pay; and what it began with.
-- reads: due_movements (temporary), reference.opening_holdings, reference.inventory_controls
-- writes: pool_demands, inventory_pools (temporary)
-- rerun: replaces the temporary tables
-- parameters: effective_on

drop table if exists pg_temp.pool_demands, pg_temp.inventory_pools;

create temporary table pool_demands on commit drop as
with drawn as (
    select
        instruction_id, house_account_id, account_name, market_id, false as is_payment,
        case when delivered_currency is null then 'SECURITY' else 'CASH' end as asset_kind,
        coalesce(delivered_currency, symbol) as asset
    from due_movements
    where direction = 'DELIVER' and method <> 'PAYMENT'
    union all
    select instruction_id, house_account_id, account_name, market_id, true, 'CASH', currency
    from due_movements
    where is_paying
)
select d.*
from drawn as d
left join lateral (
    select c.is_controlled
    from reference.inventory_controls as c
    where c.account = d.account_name
      and c.asset_kind = d.asset_kind
      and c.market_id in (case d.asset_kind when 'SECURITY' then d.market_id end, '*')
      and c.effective_from <= %(effective_on)s
    order by c.market_id = '*', c.effective_from desc
    limit 1
) as said on true
where coalesce(
    said.is_controlled,
    exists (
        select
        from reference.opening_holdings as h
        where (h.account, h.asset_kind, h.asset) = (d.account_name, d.asset_kind, d.asset)
          and h.effective_from <= %(effective_on)s
    )
);

create temporary table inventory_pools on commit drop as
select
    p.house_account_id,
    p.asset_kind,
    p.asset,
    coalesce(h.quantity + h.credit_limit, 0) as opening,
    coalesce(h.quantity + h.credit_limit, 0) as available,
    coalesce(h.effective_from, '-infinity'::date) as first_day,
    coalesce(
        (
            select min(n.effective_from)
            from reference.opening_holdings as n
            where (n.account, n.asset_kind, n.asset) = (p.account_name, p.asset_kind, p.asset)
              and n.effective_from > %(effective_on)s
        ), 'infinity'::date
    ) as next_opening
from (select distinct house_account_id, account_name, asset_kind, asset from pool_demands) as p
left join lateral (
    select o.quantity, o.credit_limit, o.effective_from
    from reference.opening_holdings as o
    where (o.account, o.asset_kind, o.asset) = (p.account_name, p.asset_kind, p.asset)
      and o.effective_from <= %(effective_on)s
    order by o.effective_from desc
    limit 1
) as h on true;

analyze pool_demands;

select
    (select count(*) from pool_demands) as rows_in,
    (select count(*) from inventory_pools) as rows_out;
