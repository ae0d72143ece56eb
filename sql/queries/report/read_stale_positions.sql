-- Held positions that are valued at a stale mark, by currency: how many, and their value without sign.
select
    currency,
    count(*) filter (where is_stale_mark) as stale_count,
    count(*) as held_count,
    sum(abs(market_value_amount)) filter (where is_stale_mark) as stale_value_amount,
    min(mark_date) filter (where is_stale_mark) as oldest_mark_date
from pack_positions
where closing_quantity <> 0
group by currency
having bool_or(is_stale_mark)
order by currency collate "C"
