select count(*) as trade_count
from (
    select trade_id
    from trade.executions
    where business_date = %(business_date)s
) as e
full join (
    select trade_id
    from trade.confirmations
    where business_date = %(business_date)s
) as c on c.trade_id = e.trade_id
full join (
    select trade_id
    from trade.pnl_snapshots
    where business_date = %(business_date)s
) as p on p.trade_id = coalesce(e.trade_id, c.trade_id)
