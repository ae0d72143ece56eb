-- purpose: split the blocks that are due and allocated in whole: every account at the block's
--          price, its amount rounded half up; what rounding leaves over of the block's amount
--          goes to the largest part (of equals, the account that is first by name).
-- reads: current_blocks (temporary), trade.executions, trade.allocations, reference.currencies
-- writes: wanted_parts (temporary), wanted_trades, considered_trades (temporary views on it)
-- rerun: replaces them
-- parameters: business_dates

drop view if exists pg_temp.wanted_trades, pg_temp.considered_trades;
drop table if exists pg_temp.wanted_parts;

create temporary table wanted_parts on commit drop as
with parts as (
    select
        e.business_date, e.trade_id, e.version, e.settlement_date, e.source_id, e.symbol,
        e.asset_class, e.side, a.quantity, e.price, e.currency, e.counterparty_id, a.account,
        e.strategy,
        coalesce(c.minor_unit_digits, 2::smallint) as digits,
        e.quantity as block_quantity,
        row_number() over (
            partition by e.business_date, e.trade_id
            order by a.quantity desc, a.account collate "C"
        ) as place
    from current_blocks as b
    join trade.executions as e
        on e.business_date = any(%(business_dates)s::date[])
        and (e.business_date, e.trade_id, e.version) = (b.business_date, b.trade_id, b.version)
    join trade.allocations as a
        on (a.business_date, a.trade_id, a.allocation_version)
        = (b.business_date, b.trade_id, b.allocation_version)
    left join reference.currencies as c on c.currency = e.currency
    where b.is_block
      and b.is_due
      and b.allocated_quantity = b.quantity
),
rounded as (
    select *, round(price * quantity, digits) as own_amount
    from parts
)
select
    *,
    own_amount + case place
        when 1 then round(price * block_quantity, digits)
            - sum(own_amount) over (partition by business_date, trade_id)
        else 0
    end as part_amount
from rounded;

analyze wanted_parts;

create temporary view wanted_trades as
select *
from wanted_parts;

create temporary view considered_trades as
select *
from wanted_parts;

select
    (select count(*) from current_blocks) as rows_in,
    (select count(*) from wanted_parts) as rows_out;
