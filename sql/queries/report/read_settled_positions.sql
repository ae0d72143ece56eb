-- Where what settled is not what was contracted, the largest differences first.
select
    account,
    symbol,
    trade_date_quantity,
    contractual_quantity,
    settled_quantity,
    open_quantity,
    failing_quantity,
    other_open_quantity,
    count(*) over () as difference_count
from pack_settled_positions
where open_quantity <> 0
order by abs(open_quantity) desc, account collate "C", symbol collate "C"
limit %(rows_max)s
