with laid as (
    insert into landing.batches (
        feed, status, message_count, staged_count, reject_count, run_id
    )
    values (
        %(feed)s,
        'VALIDATED',
        %(count)s + %(count)s / 100,
        %(count)s + %(count)s / 100,
        0,
        'bench'
    )
    returning batch_id, message_count
)
insert into landing.batch_ranges (
    batch_id, topic, partition, first_offset, end_offset, message_count
)
select
    batch_id,
    %(feed)s,
    0,
    %(first)s,
    %(first)s + message_count,
    message_count
from laid
returning batch_id
