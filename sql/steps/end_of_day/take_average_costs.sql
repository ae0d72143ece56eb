-- purpose: what is open at average cost, as one lot: fill after fill, for each reduction takes its
--          share of the cost that is there.
-- reads: touched_holdings (temporary), trade.executions (by books.fills_of)
-- writes: closing_lots (temporary)
-- rerun: after open_touched_holdings, which empties the table
-- parameters: business_date

delete from closing_lots
where holding_id in (select holding_id from touched_holdings where cost_method = 'AVERAGE');

insert into closing_lots (
    holding_id, number, trade_id, opened_on, executed_at, quantity, amount
)
with signed_fills as (
    select
        t.holding_id,
        f.executed_at,
        f.trade_id,
        case f.side when 'BUY' then f.quantity else -f.quantity end as quantity,
        f.price * t.multiplier * case f.side when 'BUY' then f.quantity else -f.quantity end
            as amount
    from touched_holdings as t
    join books.fills_of(%(business_date)s) as f using (account, strategy, symbol, currency)
    where t.cost_method = 'AVERAGE'
    union all
    -- what it opens with is a fill at its cost
    select holding_id, '-infinity', '', opening_quantity, opening_cost_amount
    from touched_holdings
    where cost_method = 'AVERAGE'
      and opening_quantity <> 0
),
averaged as (
    select
        holding_id,
        books.average_cost(quantity, amount order by executed_at, trade_id collate "C")
            as cost_amount
    from signed_fills
    group by holding_id
)
select
    t.holding_id, 0, '', %(business_date)s, '-infinity', abs(t.quantity),
    a.cost_amount * sign(t.quantity)
from averaged as a
join touched_holdings as t using (holding_id)
where t.quantity <> 0;

select
    (select count(*) from touched_holdings where cost_method = 'AVERAGE') as rows_in,
    count(*) as rows_out
from closing_lots
join touched_holdings using (holding_id)
where cost_method = 'AVERAGE';
