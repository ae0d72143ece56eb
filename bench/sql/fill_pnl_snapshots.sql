insert into trade.pnl_snapshots (
    business_date, trade_id, version, pnl_impact, commission, currency, status, flags, batch_id,
    topic, partition, message_offset, recorded_at
)
select
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    (100 + mod(n, 50)) * (5000 + mod(n, 10000)) * 0.01 - 1.20
    + case when way in (3, 9) then 1.0 else mod(n, 100) * 0.01 end,
    1.20,
    'USD',
    'BOOKED',
    '{}',
    3,
    'pnl_snapshot',
    mod(n, 12),
    n,
    now()
from (
    select
        n,
        case when mod(n, 67) = 0 then mod(n / 67, 10) else -1 end as way
    from generate_series(1, %(count)s) as n
) as numbered
where way <> 5
