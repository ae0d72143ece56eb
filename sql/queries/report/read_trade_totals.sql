-- The trade population by outcome and currency.
select
    outcome,
    currency,
    sum(trade_count)::bigint as trade_count,
    sum(quantity) as quantity,
    sum(notional_amount) as notional_amount,
    sum(brokerage_fee_amount + clearing_fee_amount + exchange_fee_amount) as fee_amount
from pack_trade_groups
group by outcome, currency
order by outcome collate "C", currency collate "C"
