-- every hundredth message comes twice
insert into staging.executions (
    batch_id, feed, topic, partition, message_offset, message_at, business_date, trade_id, version,
    source_id, symbol, asset_class, side, quantity, price, currency, notional, brokerage_fee,
    clearing_fee, exchange_fee, counterparty_id, venue, account, strategy, executed_at, status
)
select
    %(batch_id)s,
    'executions',
    'executions',
    0,
    %(first)s + place - 1,
    now(),
    %(business_date)s,
    'T' || lpad((%(first)s + n)::text, 12, '0'),
    1,
    'executions',
    (array['AAPL', 'MSFT', 'GOOGL', 'TSLA'])[1 + mod(n, 4)],
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
    (%(business_date)s::date + time '15:00') at time zone 'UTC' + n * interval '1 millisecond',
    'EXECUTED'
from (
    select
        place,
        case when place <= %(count)s then place else (place - %(count)s) * 100 end as n
    from generate_series(1, %(count)s + %(count)s / 100) as place
) as numbered
