-- Securities that moved, by asset class; quantities of different instruments are never added, but for
-- unbalanced: how many instruments' sums over all accounts are not nothing.
with by_instrument as (
    select
        asset as symbol,
        coalesce(sum(movement_count) filter (where account_kind = 'HOUSE'), 0) as movement_count,
        coalesce(sum(reversal_count) filter (where account_kind = 'HOUSE'), 0) as reversal_count,
        coalesce(sum(net_amount) filter (where account_kind = 'HOUSE'), 0) as net_quantity,
        sum(net_amount) as unbalanced_quantity
    from pack_movements
    where asset_kind = 'SECURITY'
    group by asset
)
select
    coalesce(i.asset_class, 'UNKNOWN') as asset_class,
    count(*) as instrument_count,
    sum(m.movement_count) as movement_count,
    sum(m.reversal_count) as reversal_count,
    count(*) filter (where m.net_quantity > 0) as received_count,
    count(*) filter (where m.net_quantity < 0) as delivered_count,
    count(*) filter (where m.net_quantity = 0) as flat_count,
    count(*) filter (where m.unbalanced_quantity <> 0) as unbalanced_count
from by_instrument as m
left join reference.instruments as i using (symbol)
group by coalesce(i.asset_class, 'UNKNOWN')
order by 1
