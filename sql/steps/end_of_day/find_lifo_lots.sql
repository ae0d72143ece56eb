-- purpose: what is open last in, first out: of each fill that the position grew by, the part that
--          no later fill took the position below again.
-- reads: touched_holdings, opening_lots (temporary), trade.executions (by books.fills_of)
-- writes: closing_lots (temporary)
-- rerun: after open_touched_holdings, which empties the table
-- parameters: business_date

delete from closing_lots
where holding_id in (select holding_id from touched_holdings where cost_method = 'LIFO');

insert into closing_lots (
    holding_id, number, trade_id, opened_on, executed_at, quantity, amount
)
with candidates as (
    -- quantities as seen from the side on which the date closes
    select
        t.holding_id,
        0 as number,
        f.trade_id,
        %(business_date)s::date as opened_on,
        f.executed_at,
        case f.side when 'BUY' then f.quantity else -f.quantity end * sign(t.quantity) as quantity,
        f.price * f.quantity * t.multiplier as amount
    from touched_holdings as t
    join books.fills_of(%(business_date)s) as f using (account, strategy, symbol, currency)
    where t.cost_method = 'LIFO'
      and t.quantity <> 0
    union all
    select
        t.holding_id, l.number, l.trade_id, l.opened_on, '-infinity',
        l.quantity * sign(t.opening_quantity) * sign(t.quantity), l.amount
    from touched_holdings as t
    join opening_lots as l using (holding_id)
    where t.cost_method = 'LIFO'
      and t.quantity <> 0
),
path as (
    select
        *,
        sum(quantity) over (
            partition by holding_id order by executed_at, number, trade_id collate "C"
        ) as position
    from candidates
),
floors as (
    select
        *,
        min(position) over (
            partition by holding_id
            order by executed_at desc, number desc, trade_id collate "C" desc
        ) as lowest_position
    from path
),
kept as (
    select *, lowest_position - greatest(position - quantity, 0) as kept_quantity
    from floors
    where quantity > 0
)
select
    holding_id, number, trade_id, opened_on, executed_at, kept_quantity,
    books.take_part(amount, kept_quantity, quantity)
from kept
where kept_quantity > 0;

select
    (select count(*) from touched_holdings where cost_method = 'LIFO') as rows_in,
    count(*) as rows_out
from closing_lots
join touched_holdings using (holding_id)
where cost_method = 'LIFO';
