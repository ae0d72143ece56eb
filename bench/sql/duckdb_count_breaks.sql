with compared as (
    select
        e.trade_id is null as missing_execution,
        e.trade_id is not null and c.trade_id is null as missing_confirmation,
        e.trade_id is not null and p.trade_id is null as missing_pnl_snapshot,
        e.quantity <> c.quantity as quantity_mismatch,
        abs(e.price - c.price) > 0.005 as price_mismatch,
        abs(epoch_ms(e.executed_at) - epoch_ms(c.confirmed_at)) > 100 as timestamp_mismatch,
        abs(e.price * e.quantity - p.commission - p.pnl_impact) >= 1.0 as pnl_mismatch
    from executions as e
    full join confirmations as c on c.trade_id = e.trade_id
    full join pnl_snapshots as p on p.trade_id = coalesce(e.trade_id, c.trade_id)
),
unpivoted as (
    unpivot compared on columns(*) into name break_type value is_broken
)
select
    break_type,
    count(*) as break_count
from unpivoted
where is_broken
group by break_type
