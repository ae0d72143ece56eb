-- Positions and P&L of a date, by book and instrument. P&L of the day; to date where it says so.
select
    account,
    strategy,
    symbol,
    currency,
    asset_class,
    case sign(closing_quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end as side,
    trade_count,
    trim_scale(opening_quantity) as opening_quantity,
    trim_scale(bought_quantity) as bought_quantity,
    trim_scale(sold_quantity) as sold_quantity,
    trim_scale(closing_quantity) as quantity,
    trim_scale(settled_quantity) as settled_quantity,
    cost_method,
    trim_scale(cost_amount) as cost_amount,
    trim_scale(mark_price) as mark_price,
    mark_date,
    mark_source,
    is_stale_mark,
    trim_scale(market_value_amount) as market_value_amount,
    trim_scale(realised_amount) as realised_amount,
    trim_scale(realised_to_date_amount) as realised_to_date_amount,
    trim_scale(unrealised_amount) as unrealised_amount,
    trim_scale(fee_amount) as fee_amount,
    trim_scale(day_pnl_amount) as day_pnl_amount,
    trim_scale(total_amount) as total_amount
from books.positions(%(business_date)s)
order by account collate "C", strategy collate "C", symbol collate "C", currency collate "C"
