insert into landing.batches (
    batch_id, feed, status, message_count, staged_count, reject_count, finished_at, run_id
)
overriding system value
select
    batch_id,
    feed,
    'RECONCILED',
    message_count,
    message_count,
    0,
    now(),
    'bench'
from (
    select batch_id, feed, count(*) as message_count
    from trade.executions
    where business_date = %(business_date)s
    group by batch_id, feed
    union all
    select batch_id, topic, count(*)
    from trade.confirmations
    where business_date = %(business_date)s
    group by batch_id, topic
    union all
    select batch_id, topic, count(*)
    from trade.pnl_snapshots
    where business_date = %(business_date)s
    group by batch_id, topic
    union all
    select batch_id, feed, count(*)
    from trade.conflicts
    where business_date = %(business_date)s
    group by batch_id, feed
) as laid
