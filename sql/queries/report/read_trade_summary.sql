-- The trade population, in groups small enough for a page.
select
    asset_class,
    side,
    status,
    outcome,
    currency,
    sum(trade_count) as trade_count,
    sum(quantity) as quantity,
    sum(notional_amount) as notional_amount,
    sum(brokerage_fee_amount) as brokerage_fee_amount,
    sum(clearing_fee_amount) as clearing_fee_amount,
    sum(exchange_fee_amount) as exchange_fee_amount
from pack_trade_groups
group by asset_class, side, status, outcome, currency
order by
    asset_class collate "C",
    side collate "C",
    status collate "C",
    outcome collate "C",
    currency collate "C"
