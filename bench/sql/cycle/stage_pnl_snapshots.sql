-- every 71st is off by one; every 50th states no date
insert into staging.pnl_snapshots (
    batch_id, feed, topic, partition, message_offset, message_at, business_date, is_date_stated,
    trade_id, version, pnl_impact, commission, currency, status
)
select
    %(batch_id)s,
    'pnl_snapshot',
    'pnl_snapshot',
    0,
    %(first)s + place - 1,
    now(),
    %(business_date)s,
    mod(n, 50) <> 0,
    'T' || lpad((%(first)s + n)::text, 12, '0'),
    1,
    (100 + mod(n, 50)) * (5000 + mod(n, 10000)) * 0.01 - 1.20
    + case when mod(n, 71) = 0 then 1.0 else mod(n, 100) * 0.01 end,
    1.20,
    'USD',
    'BOOKED'
from (
    select
        place,
        case when place <= %(count)s then place else (place - %(count)s) * 100 end as n
    from generate_series(1, %(count)s + %(count)s / 100) as place
) as numbered
