select
    trade_id,
    quantity,
    price,
    confirmed_at
from staging.confirmations
