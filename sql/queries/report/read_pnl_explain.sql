-- Where the day's P&L comes from, in base currency: the parts are the total. Positions that have no
-- rate are in none of it.
select
    p.base_currency,
    part.number,
    part.name,
    coalesce(sum(part.amount), 0) as base_amount,
    (select count(*) from pack_positions where total_base_amount is null) as left_out_count
from pack_positions as p
cross join lateral (
    values
    (1, 'opening_positions', p.opening_move_amount * p.fx_rate),
    (2, 'new_trades', p.new_trade_amount * p.fx_rate),
    (3, 'carry', p.carry_amount * p.fx_rate),
    (4, 'foreign_exchange', p.fx_base_amount),
    (5, 'fees', -p.fee_amount * p.fx_rate),
    (6, 'levies_not_booked', -coalesce(p.levy_amount, 0) * p.fx_rate),
    (7, 'corrections', p.correction_amount * p.fx_rate),
    (8, 'unexplained', p.unexplained_amount * p.fx_rate),
    (9, 'total', p.total_base_amount)
) as part (number, name, amount)
where p.total_base_amount is not null
group by p.base_currency, part.number, part.name
order by p.base_currency, part.number
