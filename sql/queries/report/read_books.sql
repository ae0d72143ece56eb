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
    sum(levy_amount) as levy_amount,
    sum(day_pnl_after_fees_amount) as day_pnl_after_fees_amount,
    sum(realised_amount) as realised_amount,
    sum(unrealised_amount) as unrealised_amount,
    sum(carry_amount) as carry_amount,
    sum(correction_amount) as correction_amount,
    sum(unexplained_amount) as unexplained_amount,
    sum(total_amount) as total_amount,
    coalesce(abs(sum(unexplained_amount * fx_rate)) > min(unexplained_limit), false)
        as is_over_limit,
    sum(pnl_to_date_amount) as pnl_to_date_amount,
    count(*) filter (where day_pnl_amount is null) as unmarked_count,
    count(*) filter (where is_stale_mark and closing_quantity <> 0) as stale_count
from pack_positions
group by account, strategy, currency
order by currency collate "C", account collate "C", strategy collate "C"
