insert into trade.executions (
    business_date, trade_id, version, feed, source_id, symbol, asset_class, side, quantity, price,
    currency, notional, brokerage_fee, clearing_fee, exchange_fee, counterparty_id, venue, account,
    strategy, executed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
)
select
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    'executions',
    'executions',
    'AAPL',
    'EQUITY',
    case when mod(n, 2) = 0 then 'BUY' else 'SELL' end,
    100 + mod(n, 50),
    (5000 + mod(n, 10000)) * 0.01,
    'USD',
    (100 + mod(n, 50)) * (5000 + mod(n, 10000)) * 0.01,
    1.00,
    0.10,
    0.10,
    'ALDER',
    'XNAS',
    'EQ-PRIME',
    'MOMENTUM',
    (%(business_date)s::date + time '15:00') at time zone 'UTC' + n * interval '10 milliseconds',
    %(business_date)s::date + 1,
    'EXECUTED',
    '{}',
    1,
    'executions',
    mod(n, 12),
    n,
    now()
from generate_series(1, %(count)s) as n
where not (mod(n, 67) = 0 and mod(n / 67, 10) = 6)
