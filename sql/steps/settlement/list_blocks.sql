-- purpose: list the blocks with their trade as it is now, and how much of it is allocated.
-- reads: settlement.blocks, trade.executions, recon.matches, trade.allocations
-- writes: current_blocks (temporary)
-- rerun: replaces the temporary table
-- parameters: business_dates (whose blocks can still settle)

drop table if exists pg_temp.current_blocks;

create temporary table current_blocks on commit drop as
with named as (
    select business_date, trade_id
    from settlement.blocks
    where business_date = any(%(business_dates)s::date[])
    union
    select business_date, trade_id
    from trade.allocations
    where business_date = any(%(business_dates)s::date[])
)
select
    n.business_date,
    n.trade_id,
    e.version,
    e.account,
    e.symbol,
    e.currency,
    e.counterparty_id,
    e.price,
    e.quantity,
    b.trade_id is not null as is_block,
    coalesce(e.status <> 'CANCELLED', false) as is_live,
    coalesce(m.execution_version = e.version and e.status <> 'CANCELLED', false) as is_due,
    a.allocation_version,
    coalesce(a.quantity, 0) as allocated_quantity
from named as n
left join settlement.blocks as b using (business_date, trade_id)
left join lateral (
    select x.*
    from trade.executions as x
    where x.business_date = any(%(business_dates)s::date[])
      and x.business_date = n.business_date
      and x.trade_id = n.trade_id
    order by x.version desc
    limit 1
) as e on true
left join recon.matches as m
    on m.business_date = any(%(business_dates)s::date[])
    and m.business_date = n.business_date
    and m.trade_id = n.trade_id
left join lateral (
    select x.allocation_version, sum(x.quantity) as quantity
    from trade.allocations as x
    where x.business_date = n.business_date
      and x.trade_id = n.trade_id
      -- what stays in the block's own account is not allocated
      and x.account is distinct from e.account
    group by x.allocation_version
    order by x.allocation_version desc
    limit 1
) as a on true;

select count(*) as rows_in, count(*) filter (where is_due) as rows_out
from current_blocks;
