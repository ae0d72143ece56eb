-- P&L by book and currency. Null amounts: a held position without a mark.
select
    account,
    strategy,
    currency,
    count(*) as position_count,
    sum(opening_value_amount) as opening_value_amount,
    sum(cash_flow_amount) as cash_flow_amount,
    sum(market_value_amount) as market_value_amount,
    sum(day_pnl_amount) as day_pnl_amount,
    sum(fee_amount) as fee_amount,
    sum(day_pnl_after_fees_amount) as day_pnl_after_fees_amount,
    sum(pnl_to_date_amount) as pnl_to_date_amount,
    count(*) filter (where day_pnl_amount is null) as unmarked_count
from pack_positions
group by account, strategy, currency
order by currency collate "C", account collate "C", strategy collate "C"
