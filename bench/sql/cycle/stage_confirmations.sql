-- every 67th has another price; every 50th states no date, and every tenth of these falls past
-- midnight, so that its execution has to be looked for in all dates
insert into staging.confirmations (
    batch_id, feed, topic, partition, message_offset, message_at, business_date, is_date_stated,
    trade_id, version, symbol, side, quantity, price, currency, counterparty_id, account,
    confirmed_at, settlement_date, status
)
select
    %(batch_id)s,
    'broker_confirmations',
    'broker_confirmations',
    0,
    %(first)s + place - 1,
    now(),
    %(business_date)s::date + case when mod(n, 500) = 0 then 1 else 0 end,
    mod(n, 50) <> 0,
    'T' || lpad((%(first)s + n)::text, 12, '0'),
    1,
    (array['AAPL', 'MSFT', 'GOOGL', 'TSLA'])[1 + mod(n, 4)],
    case when mod(n, 2) = 0 then 'BUY' else 'SELL' end,
    100 + mod(n, 50),
    (5000 + mod(n, 10000)) * 0.01 + case when mod(n, 67) = 0 then 0.0051 else 0.005 end,
    'USD',
    'ALDER',
    'EQ-PRIME',
    (%(business_date)s::date + time '15:00') at time zone 'UTC' + n * interval '1 millisecond'
    + mod(n, 101) * interval '1 millisecond',
    null,
    'CONFIRMED'
from (
    select
        place,
        case when place <= %(count)s then place else (place - %(count)s) * 100 end as n
    from generate_series(1, %(count)s + %(count)s / 100) as place
) as numbered
