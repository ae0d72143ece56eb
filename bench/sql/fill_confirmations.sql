insert into trade.confirmations (
    business_date, trade_id, version, symbol, side, quantity, price, currency, counterparty_id,
    account, confirmed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
)
select
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    'AAPL',
    case when mod(n, 2) = 0 then 'BUY' else 'SELL' end,
    100 + mod(n, 50) + case when way in (0, 9) then 1 else 0 end,
    -- three in ten lie exactly on the bound
    (5000 + mod(n, 10000)) * 0.01
    + case when way in (1, 9) then 0.0051 when mod(n, 10) < 3 then 0.005 else 0 end,
    'USD',
    'ALDER',
    'EQ-PRIME',
    (%(business_date)s::date + time '15:00') at time zone 'UTC' + n * interval '10 milliseconds'
    + case when way in (2, 9) then 101 else mod(n, 101) end * interval '1 millisecond',
    %(business_date)s::date + 1,
    'CONFIRMED',
    '{}',
    2,
    'broker_confirmations',
    mod(n, 12),
    n,
    now()
from (
    select
        n,
        case when mod(n, 67) = 0 then mod(n / 67, 10) else -1 end as way
    from generate_series(1, %(count)s) as n
) as numbered
where way <> 4
