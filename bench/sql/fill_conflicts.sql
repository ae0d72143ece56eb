insert into trade.conflicts (
    topic, partition, message_offset, feed, record_type, batch_id, business_date, trade_id, version,
    quantity, price, occurred_at, recorded_at, content, kept_terms, refused_terms
)
select
    case way when 7 then 'executions' else 'broker_confirmations' end,
    mod(n, 12),
    1000000000 + n,
    case way when 7 then 'executions' else 'broker_confirmations' end,
    case way when 7 then 'execution' else 'confirmation' end,
    case way when 7 then 4 else 5 end,
    %(business_date)s,
    'T' || lpad(n::text, 9, '0'),
    1,
    1,
    1,
    now(),
    now(),
    '{}',
    'quantity=100',
    'quantity=1'
from (
    select
        n,
        mod(n / 67, 10) as way
    from generate_series(67, %(count)s, 67) as n
) as numbered
where way in (7, 8)
