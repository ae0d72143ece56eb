select
    trade_id,
    pnl_impact,
    commission
from staging.pnl_snapshots
