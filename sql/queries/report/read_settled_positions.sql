-- Where what settled is not what was contracted, the largest differences first.
select
    account,
    symbol,
    trade_date_quantity,
    contractual_quantity,
    failing_quantity,
    uninstructed_quantity,
    settled_quantity,
    count(*) over () as difference_count
from pack_settled_positions
where failing_quantity <> 0
   or uninstructed_quantity <> 0
order by
    abs(contractual_quantity - settled_quantity) desc, account collate "C", symbol collate "C"
limit %(rows_max)s
