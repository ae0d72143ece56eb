-- purpose: note what this pass released, and what it took from and gave to the pools: what comes in
--          may be delivered in the next pass.
-- reads: releases (temporary)
-- writes: due_movements, inventory_pools, releases (temporary)
-- rerun: append once: what was booked is no release any more
-- parameters: none

drop table if exists pg_temp.booked_releases;

create temporary table booked_releases on commit drop as
select
    m.*,
    r.part,
    settlement.part_amount(
        m.quantity, m.amount, m.settled_quantity + m.released_quantity,
        m.settled_amount + m.released_amount, r.part, m.digits
    ) as part_amount
from releases as r
join due_movements as m using (instruction_id);

update due_movements as m
set released_quantity = m.released_quantity + b.part,
    released_amount = m.released_amount + b.part_amount
from booked_releases as b
where b.instruction_id = m.instruction_id;

with moved as (
    select b.house_account_id, side.asset_kind, side.asset, sum(side.amount) as amount
    from booked_releases as b
    cross join lateral (
        values
        (
            case when b.delivered_currency is null then 'SECURITY' else 'CASH' end,
            coalesce(b.delivered_currency, b.symbol),
            case b.direction when 'RECEIVE' then b.part else -b.part end
        ),
        ('CASH', b.currency, case when b.is_paying then -b.part_amount else b.part_amount end)
    ) as side (asset_kind, asset, amount)
    group by b.house_account_id, side.asset_kind, side.asset
)
update inventory_pools as p
set available = p.available + m.amount
from moved as m
where (m.house_account_id, m.asset_kind, m.asset) = (p.house_account_id, p.asset_kind, p.asset);

delete from releases;

select count(*) as rows_in, count(*) as rows_out
from booked_releases;
