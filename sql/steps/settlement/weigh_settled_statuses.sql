-- purpose: hold what a depository says has settled against what was instructed: what may be booked,
--          and what differs.
-- reads: judged_statuses (temporary)
-- writes: weighed_statuses (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.weighed_statuses;

create temporary table weighed_statuses on commit drop as
with compared as (
    select
        *,
        case
            when told_currency <> currency then 'settled_currency_differs'
            when quantity is not null and (
                told_quantity is null
                or told_quantity > quantity
                or settled_state = 'SETTLED' and told_quantity <> quantity
            ) then 'settled_quantity_differs'
            when quantity is null and told_amount > amount
                -- cumulative: what was paid does not become less
                or told_amount < settled_amount and state <> 'SETTLED'
                or told_quantity = quantity and told_amount <> amount
                or settled_state = 'SETTLED' and told_amount <> amount
                -- a part is paid by its share, but for the rounding of its neighbours
                or abs(told_amount * quantity - amount * told_quantity) > quantity
                then 'settled_amount_differs'
        end as flaw
    from judged_statuses
    where settled_state is not null
)
select
    *,
    case flaw
        when 'settled_currency_differs' then currency
        when 'settled_quantity_differs' then trim_scale(quantity)::text
        else amount::text
    end as flaw_expected,
    case flaw
        when 'settled_currency_differs' then told_currency
        when 'settled_quantity_differs' then trim_scale(told_quantity)::text
        else told_amount::text
    end as flaw_actual,
    case flaw
        when 'settled_quantity_differs' then told_quantity - quantity
        when 'settled_amount_differs' then told_amount - amount
    end as flaw_delta,
    is_driven
    and flaw is null
    and state not in ('SETTLED', 'CANCELLED')
    and coalesce(told_quantity, told_amount)
        > case when quantity is null then settled_amount else settled_quantity end
        as is_to_book,
    case
        when coalesce(told_quantity, told_amount) = coalesce(quantity, amount) then 'SETTLED'
        else 'PARTIALLY_SETTLED'
    end as to_state
from compared;

analyze weighed_statuses;

select
    (select count(*) from judged_statuses) as rows_in,
    (select count(*) from weighed_statuses) as rows_out;
