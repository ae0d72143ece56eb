-- What a date brought to the books.

create or replace view books.daily_flows as
select distinct on (c.business_date, c.holding_id)
    c.business_date, h.account, h.strategy, h.symbol, h.asset_class, h.currency, c.trade_count,
    c.bought_quantity, c.sold_quantity, c.bought_amount, c.sold_amount, c.fee_amount, c.quantity,
    c.cost_amount
from books.closing_positions as c
join books.holdings as h using (holding_id)
order by c.business_date, c.holding_id, c.update_id desc;
comment on view books.daily_flows is
    'What each date brought to each holding, as it is known now, and what it stands at since. Ask by '
    'business_date.';
