-- Cash that moved, by currency, as we see it; unbalanced: what all accounts' sums are off from nothing.
select
    asset as currency,
    coalesce(sum(movement_count) filter (where account_kind = 'HOUSE'), 0) as movement_count,
    coalesce(sum(reversal_count) filter (where account_kind = 'HOUSE'), 0) as reversal_count,
    coalesce(sum(received_amount) filter (where account_kind = 'HOUSE'), 0) as received_amount,
    coalesce(sum(delivered_amount) filter (where account_kind = 'HOUSE'), 0) as paid_amount,
    coalesce(sum(net_amount) filter (where account_kind = 'HOUSE'), 0) as net_amount,
    sum(net_amount) as unbalanced_amount
from pack_movements
where asset_kind = 'CASH'
group by asset
order by asset collate "C"
