select
    trade_id,
    symbol,
    side,
    quantity,
    price,
    executed_at
from staging.executions
