insert into trade.executions (
    business_date, trade_id, version, feed, source_id, symbol, asset_class, side, quantity, price,
    currency, notional, brokerage_fee, clearing_fee, exchange_fee, counterparty_id, venue, account,
    strategy, executed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
)
with drawn as (
    select
        n,
        -- the last digits of a large multiple: spread, and the same in each run
        mod(n * 2654435761, 4294967296) as noise,
        case
            when %(share)s > 0 and mod(n, 100) < %(share)s then 0
            else mod(mod(n * 40503, 1000003), %(books)s)
        end as book
    from generate_series(1, %(count)s::bigint) as n
)
select
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    'executions',
    'executions',
    'AAPL',
    'EQUITY',
    case when mod(noise, 2) = 0 then 'BUY' else 'SELL' end,
    1 + mod(noise / 2, 100),
    (5000 + mod(noise / 256, 10000)) * 0.01,
    'USD',
    (1 + mod(noise / 2, 100)) * (5000 + mod(noise / 256, 10000)) * 0.01,
    1.00,
    0.10,
    0.10,
    'ALDER',
    'XNAS',
    'ACCOUNT-' || lpad((book / 10)::text, 4, '0'),
    'STRATEGY-' || mod(book, 10),
    (%(business_date)s::date + time '13:30') at time zone 'UTC' + n * interval '1 millisecond',
    %(business_date)s::date + 1,
    'EXECUTED',
    '{}',
    1,
    'executions',
    mod(n, 12),
    n,
    now()
from drawn
