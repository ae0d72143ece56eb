-- Positions and P&L of every book, summed once for everything the pack says of them.
create temporary table pack_positions on commit drop as
select
    %(business_date)s::date as business_date,
    p.*,
    p.day_pnl_amount - p.fee_amount as day_pnl_after_fees_amount
from books.positions(%(business_date)s) as p
