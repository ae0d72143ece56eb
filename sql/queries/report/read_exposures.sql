-- Market value by asset class and currency, long and short apart.
select
    asset_class,
    currency,
    count(*) filter (where closing_quantity <> 0) as position_count,
    coalesce(sum(market_value_amount) filter (where closing_quantity > 0), 0) as long_amount,
    coalesce(sum(market_value_amount) filter (where closing_quantity < 0), 0) as short_amount,
    coalesce(sum(market_value_amount), 0) as net_amount
from pack_positions
group by asset_class, currency
order by currency collate "C", asset_class collate "C"
