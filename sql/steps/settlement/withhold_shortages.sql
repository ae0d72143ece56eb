-- purpose: withhold what was not released in whole, and say what it lacks. What was released of it
--          settles as a part.
-- reads: due_movements, pool_demands, inventory_pools (temporary)
-- writes: withheld_instructions (temporary)
-- rerun: append once: what is withheld stays so
-- parameters: none

with short as (
    select
        m.instruction_id,
        m.settlement_date,
        case
            when bool_or(d.asset_kind = 'SECURITY' and lacking.is_lacking) then 'lack_of_securities'
            when bool_or(lacking.is_lacking) then 'lack_of_cash'
            -- more passes than are made in one run: the next one goes on
            else 'queue_not_worked_off'
        end as cause
    from due_movements as m
    join pool_demands as d using (instruction_id)
    join inventory_pools as p
        on (p.house_account_id, p.asset_kind, p.asset) = (d.house_account_id, d.asset_kind, d.asset)
    cross join lateral (
        select settlement.releasable_quantity(
            p.available, d.is_payment, m.quantity - m.settled_quantity - m.released_quantity, null,
            m.quantity, m.amount, m.settled_quantity + m.released_quantity,
            m.settled_amount + m.released_amount, m.digits
        ) = 0 as is_lacking
    ) as lacking
    where m.settled_quantity + m.released_quantity < m.quantity
    group by m.instruction_id, m.settlement_date
)
insert into withheld_instructions (instruction_id, settlement_date, cause)
select instruction_id, settlement_date, cause
from short as s
where not exists (
    select from withheld_instructions as w where w.instruction_id = s.instruction_id
);

analyze withheld_instructions;

select
    (select count(*) from due_movements) as rows_in,
    (
        select count(*)
        from due_movements
        where settled_quantity + released_quantity < quantity
    ) as rows_out;
