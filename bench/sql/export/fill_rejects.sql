-- a feed whose sender broke its contract for a whole day
insert into landing.rejects (
    feed, topic, partition, message_offset, batch_id, business_date, stage, reason, detail, trade_id,
    payload, rejected_at
)
select
    'executions',
    'executions',
    mod(n, 12),
    n / 12,
    1,
    %(business_date)s,
    'contract',
    'quantity_not_positive',
    'quantity is ' || -mod(n, 500) || ', expected more than 0',
    case when mod(n, 100) = 0 then '=' else 'T' end || lpad(n::text, 9, '0'),
    null,
    (%(business_date)s::date + time '13:30') at time zone 'UTC' + n * interval '20 milliseconds'
from generate_series(1, %(count)s) as n
