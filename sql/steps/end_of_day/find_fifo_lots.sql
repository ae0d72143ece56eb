-- purpose: what is open first in, first out: a position is what was bought last, up to its size (a
--          short one: what was sold last), for each unit sold takes the oldest one still there.
-- reads: touched_holdings, opening_lots (temporary), trade.executions (by books.fills_of)
-- writes: closing_lots (temporary)
-- rerun: after open_touched_holdings, which empties the table
-- parameters: business_date

delete from closing_lots
where holding_id in (select holding_id from touched_holdings where cost_method = 'FIFO');

insert into closing_lots (
    holding_id, number, trade_id, opened_on, executed_at, quantity, amount
)
with candidates as (
    select
        t.holding_id,
        abs(t.quantity) as held_quantity,
        0 as number,
        f.trade_id,
        %(business_date)s::date as opened_on,
        f.executed_at,
        f.quantity,
        f.price * f.quantity * t.multiplier as amount
    from touched_holdings as t
    join books.fills_of(%(business_date)s) as f using (account, strategy, symbol, currency)
    where t.cost_method = 'FIFO'
      and f.side = case sign(t.quantity) when 1 then 'BUY' when -1 then 'SELL' end
    union all
    select
        t.holding_id, abs(t.quantity), l.number, l.trade_id, l.opened_on, '-infinity', l.quantity,
        l.amount
    from touched_holdings as t
    join opening_lots as l using (holding_id)
    where t.cost_method = 'FIFO'
      and sign(t.quantity) = sign(t.opening_quantity)
),
counted as (
    select
        *,
        sum(quantity) over (
            partition by holding_id
            order by executed_at desc, number desc, trade_id collate "C" desc
        ) - quantity as later_quantity
    from candidates
)
select
    holding_id,
    number,
    trade_id,
    opened_on,
    executed_at,
    least(quantity, held_quantity - later_quantity),
    books.take_part(amount, least(quantity, held_quantity - later_quantity), quantity)
from counted
where later_quantity < held_quantity;

select
    (select count(*) from touched_holdings where cost_method = 'FIFO') as rows_in,
    count(*) as rows_out
from closing_lots
join touched_holdings using (holding_id)
where cost_method = 'FIFO';
