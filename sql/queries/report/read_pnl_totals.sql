-- P&L of all books by currency. Sums leave out what has no mark; unpriced_count says how many.
select
    currency,
    count(*) as position_count,
    count(*) filter (where day_pnl_amount is null) as unpriced_count,
    sum(market_value_amount) as market_value_amount,
    sum(day_pnl_amount) as day_pnl_amount,
    sum(realised_amount) as realised_amount,
    sum(unrealised_amount) as unrealised_amount,
    sum(fee_amount) as fee_amount,
    sum(levy_amount) as levy_amount,
    sum(carry_amount) as carry_amount,
    sum(correction_amount) as correction_amount,
    sum(unexplained_amount) as unexplained_amount,
    sum(total_amount) as total_amount
from pack_positions
group by currency
order by currency collate "C"
