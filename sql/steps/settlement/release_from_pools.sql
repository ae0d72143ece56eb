-- purpose: one pass over the queue: what each pool has goes to its demands, earliest intended date
--          first, then priority, then the larger, then the lower id; whole where it can, else in
--          lots, else passed over. What was released counts as there for the next pass.
-- reads: due_movements, pool_demands, inventory_pools (temporary)
-- writes: due_movements, inventory_pools, releases (temporary)
-- rerun: releases what the passes before left and has become possible; nothing when nothing has
-- parameters: none

drop table if exists pg_temp.releases;

create temporary table releases on commit drop as
with unfinished as (
    select
        *,
        settled_quantity + released_quantity as done_quantity,
        settled_amount + released_amount as done_amount
    from due_movements
    where settled_quantity + released_quantity < quantity
),
wanted as (
    select
        u.*, d.house_account_id as account_id, d.asset_kind, d.asset, d.is_payment, p.available,
        -- where it both delivers and pays, one pool limits what it may draw on the other
        min(settlement.releasable_quantity(
            p.available, d.is_payment, u.quantity - u.done_quantity, u.lot, u.quantity, u.amount,
            u.done_quantity, u.done_amount, u.digits
        )) over (partition by u.instruction_id) as wanted
    from unfinished as u
    join pool_demands as d using (instruction_id)
    join inventory_pools as p
        on (p.house_account_id, p.asset_kind, p.asset) = (d.house_account_id, d.asset_kind, d.asset)
),
queued as (
    select
        *,
        row_number() over (
            partition by account_id, asset_kind, asset
            order by
                settlement_date, priority, case is_payment
                    when true then amount - done_amount else quantity - done_quantity
                end desc, instruction_id
        ) as place
    from wanted
    where wanted > 0
),
served as (
    select
        *,
        settlement.left_after(
            available, is_payment, wanted, lot, quantity, amount, done_quantity, done_amount, digits
        ) over (
            partition by account_id, asset_kind, asset order by place
            rows unbounded preceding
        ) as left_after
    from queued
),
drawn as (
    select
        *,
        settlement.releasable_quantity(
            lag(left_after, 1, available) over (
                partition by account_id, asset_kind, asset order by place
            ),
            is_payment, wanted, lot, quantity, amount, done_quantity, done_amount, digits
        ) as part
    from served
)
select instruction_id, min(part) as part
from drawn
group by instruction_id
having min(part) > 0
union all
select instruction_id, quantity - done_quantity
from unfinished
where instruction_id not in (select instruction_id from pool_demands);

select
    (select count(*) from due_movements) as rows_in,
    (select count(*) from releases) as rows_out;
