-- What these batches took in: messages read, and rows that are typed and staged.
select
    coalesce(sum(message_count), 0)::bigint as rows_in,
    coalesce(sum(staged_count), 0)::bigint as rows_out
from landing.batches
where batch_id = any(%(batch_ids)s::bigint[])
  and run_id = %(run_id)s
