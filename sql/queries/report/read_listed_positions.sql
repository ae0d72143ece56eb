-- The largest positions by market value within each currency.
with ranked as (
    select
        p.*,
        row_number() over (
            partition by currency
            order by
                abs(market_value_amount) desc nulls first,
                account collate "C",
                strategy collate "C",
                symbol collate "C"
        ) as value_rank,
        count(*) over (partition by currency) as position_count
    from pack_positions p
)
select
    currency,
    account,
    strategy,
    symbol,
    asset_class,
    opening_quantity,
    bought_quantity,
    sold_quantity,
    closing_quantity,
    mark_price,
    mark_date,
    is_stale_mark,
    market_value_amount,
    position_count
from ranked
where value_rank <= %(rows_max)s
order by currency collate "C", value_rank
