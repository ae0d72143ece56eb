-- What the books say of each closed date. Ask by business_date.

create or replace view report.positions as
select c.business_date, p.*
from control.closes as c
cross join lateral books.positions(c.business_date) as p;
comment on view report.positions is
    'Positions and P&L at each close, as it is known now; the columns are those of books.positions.';

create or replace view report.book_pnl as
select
    business_date,
    account,
    strategy,
    currency,
    base_currency,
    count(*) filter (where closing_quantity <> 0) as position_count,
    count(*) filter (where closing_quantity > 0) as long_count,
    count(*) filter (where closing_quantity < 0) as short_count,
    count(*) filter (where market_value_amount is null) as unpriced_count,
    count(*) filter (where is_stale_mark and closing_quantity <> 0) as stale_count,
    sum(market_value_amount) as market_value_amount,
    sum(day_pnl_amount) as day_pnl_amount,
    sum(realised_amount) as realised_amount,
    sum(unrealised_amount) as unrealised_amount,
    sum(carry_amount) as carry_amount,
    sum(fee_amount) as fee_amount,
    sum(levy_amount) as levy_amount,
    sum(correction_amount) as correction_amount,
    sum(total_amount) as total_amount,
    sum(unexplained_amount) as unexplained_amount,
    sum(fx_base_amount) as fx_base_amount,
    sum(total_base_amount) as total_base_amount,
    sum(unexplained_amount * fx_rate) as unexplained_base_amount,
    min(unexplained_limit) as unexplained_limit,
    coalesce(abs(sum(unexplained_amount * fx_rate)) > min(unexplained_limit), false)
        as is_over_limit
from report.positions
group by business_date, account, strategy, currency, base_currency;
comment on view report.book_pnl is
    'P&L of each book and currency at each close. What is unpriced, or has no rate, is counted and in no '
    'sum. is_over_limit: more of the day is unexplained than the book''s rule lets pass.';

create or replace view report.pnl_explain as
select
    p.business_date,
    p.base_currency,
    part.number,
    part.name,
    sum(part.amount) as base_amount
from report.positions as p
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
group by p.business_date, p.base_currency, part.number, part.name;
comment on view report.pnl_explain is
    'The waterfall of each close: parts 1 to 8 are the total. Positions without a rate are left out; '
    'report.book_pnl counts them.';
