insert into trade.executions (
    business_date, trade_id, version, feed, source_id, symbol, asset_class, side, quantity, price,
    currency, notional, brokerage_fee, clearing_fee, exchange_fee, counterparty_id, venue, account,
    strategy, executed_at, settlement_date, status, flags, batch_id, topic, partition,
    message_offset, recorded_at
)
with traded as (
    select
        array_agg(symbol order by symbol) as symbols,
        array_agg(asset_class order by symbol) as asset_classes,
        array_agg(currency order by symbol) as currencies,
        count(*)::integer as symbol_count
    from reference.instruments
),
known as (
    select
        array_agg(counterparty_id order by counterparty_id) as counterparty_ids,
        count(*)::integer as counterparty_count
    from reference.counterparties
)
select
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    'executions',
    'executions',
    traded.symbols[1 + mod(n, symbol_count)],
    traded.asset_classes[1 + mod(n, symbol_count)],
    case when mod(n / 7, 2) = 0 then 'BUY' else 'SELL' end,
    100 + mod(n, 50),
    (5000 + mod(n, 10000)) * 0.01,
    traded.currencies[1 + mod(n, symbol_count)],
    (100 + mod(n, 50)) * (5000 + mod(n, 10000)) * 0.01,
    1.00,
    0.10,
    0.10,
    known.counterparty_ids[1 + mod(n / 3, counterparty_count)],
    'XNAS',
    'ACCOUNT-' || lpad(mod(n / 11, 50)::text, 2, '0'),
    'STRATEGY-' || mod(n / 5, 4),
    (%(business_date)s::date + time '13:30') at time zone 'UTC'
    + n * (interval '7 hours' / %(count)s),
    %(business_date)s::date + 1,
    'EXECUTED',
    '{}',
    %(first_batch_id)s + n / %(batch_size)s,
    'executions',
    mod(n, 12),
    %(first_offset)s + n / 12,
    now()
from generate_series(0, %(count)s - 1) as n
cross join traded
cross join known
where not (mod(n, 67) = 0 and mod(n / 67, 8) = 6)
