insert into trade.confirmations (
    business_date, trade_id, version, symbol, side, quantity, price, currency, counterparty_id,
    account, confirmed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
)
with executed as (
    select
        substr(trade_id, 2)::integer as n,
        e.*
    from trade.executions as e
    where e.business_date = %(business_date)s
),
numbered as (
    select
        case when mod(n, 67) = 0 then mod(n / 67, 8) else -1 end as way,
        executed.*
    from executed
)
select
    business_date,
    trade_id,
    1,
    symbol,
    side,
    quantity + case when way in (0, 7) then 1 else 0 end,
    -- three in ten lie exactly on the bound
    price + case when way in (1, 7) then 0.0051 when mod(n, 10) < 3 then 0.005 else 0 end,
    currency,
    counterparty_id,
    account,
    executed_at
    + case when way in (2, 7) then 101 else mod(n, 101) end * interval '1 millisecond',
    settlement_date,
    'CONFIRMED',
    '{}',
    %(first_batch_id)s + n / %(batch_size)s,
    'broker_confirmations',
    mod(n, 12),
    %(first_offset)s + n / 12,
    now()
from numbered
where way <> 4
order by n
