with laid as (
    insert into landing.batches (
        batch_id, feed, status, message_count, staged_count, reject_count, finished_at, run_id
    )
    overriding system value
    select
        batch_id,
        feed,
        'RECONCILED',
        %(count)s,
        %(count)s,
        0,
        now(),
        'bench'
    from (
        values
        (1, 'executions'),
        (2, 'broker_confirmations'),
        (3, 'pnl_snapshot'),
        (4, 'broker_confirmations')
    ) as batches (batch_id, feed)
    returning batch_id, feed
)
insert into control.received_counts (batch_id, feed, business_date, received_count)
select
    batch_id,
    feed,
    %(business_date)s,
    %(count)s
from laid
