insert into trade.pnl_snapshots (
    business_date, trade_id, version, pnl_impact, commission, currency, status, flags, batch_id,
    topic, partition, message_offset, recorded_at
)
with numbered as (
    select
        substr(trade_id, 2)::integer as n,
        e.*
    from trade.executions as e
    where e.business_date = %(business_date)s
)
select
    business_date,
    trade_id,
    1,
    quantity * price - 1.20
    + case when mod(n, 67) = 0 and mod(n / 67, 8) in (3, 7) then 1.0 else mod(n, 100) * 0.01 end,
    1.20,
    currency,
    'BOOKED',
    '{}',
    %(first_batch_id)s + n / %(batch_size)s,
    'pnl_snapshot',
    mod(n, 12),
    %(first_offset)s + n / 12,
    now()
from numbered
where not (mod(n, 67) = 0 and mod(n / 67, 8) = 5)
order by n
