-- purpose: note the trades that were compared, so that their instructions follow.
-- reads: touched_trades (temporary)
-- writes: settlement.touched_trades
-- rerun: append: a trade noted twice is looked at once
-- parameters: none

with noted as (
    insert into settlement.touched_trades (business_date, trade_id)
    select business_date, trade_id
    from touched_trades
    returning 1
)
select count(*) as rows_in, count(*) as rows_out
from noted;
